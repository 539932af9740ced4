"""What a model leans on, and why its highest scores are high: the parts of a model's report that come from contributions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.errors import UsageError, UserCodeError
from trainer.reports.model_figures.alerts import Snapshot
from trainer.training import RAISES, contributions_of, explain, meanings

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models import ModelTrainer
    from trainer.registry import artifact
    from trainer.training import Explanation
    from trainer.warehouse import Client

TOP = 20
ROWS = 1000  # of the snapshot, evenly spaced, that importance is the mean of
MAX_POINTS = 200
CLEAR = 0.3  # Spearman's correlation of values and contributions from which a direction is named
OTHER = "other"
ABOUT_FEATURES = (RAISES, "What lowers the score", "The rest")


def reasons_of(
    client: Client,
    loaded: artifact.Artifact,
    snapshot: Snapshot | None,
    notes: list[str],
    model_trainer: type[ModelTrainer] | None = None,
) -> dict[str, Any]:
    """Return importance, families, importance_method and top_alerts of `ModelReport`; what is missing is noted.

    Raises:
        UserCodeError: the trainer is a user's own and raises an exception.
    """
    found: dict[str, Any] = {"importance": [], "families": [], "importance_method": "", "top_alerts": []}
    if snapshot is None:
        return found
    try:
        found |= _importance(client, loaded, snapshot)
        found["top_alerts"] = _top_alerts(client, loaded, snapshot, model_trainer)
    except UserCodeError:
        raise
    except UsageError as error:  # a trainer of the user's own whose contributions are wrong, or too slow to estimate
        notes.append(f"What the model leans on is missing: {error}")
    return found


def _importance(client: Client, loaded: artifact.Artifact, snapshot: Snapshot) -> dict[str, Any]:
    rows = np.unique(np.linspace(0, len(snapshot.frame) - 1, ROWS).astype(int))
    frame = snapshot.frame.iloc[rows].reset_index(drop=True)
    found = contributions_of(loaded, frame, snapshot.frame)
    size, known = np.abs(found.values).mean(axis=0), meanings(client, loaded.features)
    total = float(size.sum()) or 1.0
    families: dict[str, float] = {}
    for meaning, one in zip(known, size.tolist(), strict=True):
        families[meaning.family or OTHER] = families.get(meaning.family or OTHER, 0.0) + one / total
    method = (
        f"{found.method} Mean absolute contributions in {found.unit}, over {len(frame)} rows of the snapshot of "
        f"{snapshot.selection.end_date}, evenly spaced; base and contributions add up to the raw score within {found.error:.1e}."
    )
    return {
        "importance": [
            {
                "feature": loaded.features[column].name,
                "family": known[column].family or OTHER,
                "description": known[column].description,
                "mean_abs": float(size[column]),
                "share": float(size[column] / total),
                **_direction(frame.iloc[:, column], found.values[:, column]),
            }
            for column in np.argsort(-size, kind="stable")[:TOP]
            if size[column] > 0
        ],
        "families": [{"family": name, "share": one} for name, one in sorted(families.items(), key=lambda pair: -pair[1])],
        "importance_method": method,
    }


def _direction(values: pd.Series, contributions: np.ndarray) -> dict[str, Any]:
    """Return the direction of a feature and points of its values' percentiles and contributions, for rows that have a value."""
    import pandas as pd

    moves = pd.Series(contributions)[values.notna().to_numpy()]
    percentiles = values[values.notna()].rank(pct=True) * 100
    correlation = percentiles.corr(moves, method="spearman") if percentiles.nunique() > 1 and moves.nunique() > 1 else 0.0
    direction = "mixed"
    if abs(correlation) >= CLEAR:
        direction = "higher raises" if correlation > 0 else "higher lowers"
    kept = np.unique(np.linspace(0, max(len(moves) - 1, 0), min(len(moves), MAX_POINTS)).astype(int))
    pairs = zip(percentiles.iloc[kept].tolist(), moves.iloc[kept].tolist(), strict=True)
    return {"direction": direction, "points": [{"percentile": place, "contribution": move} for place, move in pairs]}


def _top_alerts(
    client: Client, loaded: artifact.Artifact, snapshot: Snapshot, model_trainer: type[ModelTrainer] | None
) -> list[dict[str, Any]]:
    selection = snapshot.selection
    explained: list[Explanation] = []
    for network in selection.networks:
        explained += explain(
            client,
            loaded.meta.model_id,
            top=TOP,
            network=network,
            processing_date=selection.end_date,
            window_days=selection.window_days,
            model_trainer=model_trainer,
        )
    explained.sort(key=lambda one: -one.score)  # the order of one network stays as it is
    return [
        {
            "alert_id": one.alert_id,
            "address": one.address if isinstance(one.address, str) else ", ".join(one.address),
            "score": one.score,
            "sentences": one.sentences(),
            "card_sentences": _card_sentences(one),
        }
        for one in explained[:TOP]
    ]


def _card_sentences(one: Explanation) -> list[str]:
    """Return the sentences about features, and counts in place of those about labels, counterparties and flows.

    A feature that is an identifier is left out.
    """
    features = [reason for reason in one.contributions if reason.unit != "id"]
    sections = replace(one, contributions=features, votes=[], flows=[]).sections()
    said = [sentence for heading in ABOUT_FEATURES for sentence in sections.get(heading, [])]
    for who, near in (("it", False), ("its counterparties", True)):
        votes = [vote for vote in one.votes if vote.is_counterparty == near]
        kinds = (("labels", [vote for vote in votes if vote.kind == "gold"]), ("rules", [v for v in votes if v.kind != "gold"]))
        counts = [
            f"{name}: {sum(vote.vote == 1 for vote in found)} say risky, {sum(vote.vote == 0 for vote in found)} benign"
            for name, found in kinds
            if found
        ]
        if counts:
            said.append(f"What speaks of {who} – {'; '.join(counts)}.")
    if one.flows:
        said.append(
            f"The largest flows: {sum(flow.direction == 'in' for flow in one.flows)} in, "
            f"{sum(flow.direction == 'out' for flow in one.flows)} out."
        )
    return said

"""What a model's scores of the newest snapshot say: how many alerts a threshold gives, and how risky they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.data import Selection, labels_of
from trainer.errors import BadInputError
from trainer.evaluation import at_thresholds
from trainer.model_types import get_model_type
from trainer.training import GoldRows, SnapshotScores, last_snapshot, score_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from trainer.registry import ModelMeta, artifact
    from trainer.warehouse import Client

THRESHOLDS = 60
LOWEST_SHARE = 1e-3
REFERENCE = "label_model"


@dataclass(frozen=True)
class Snapshot:
    """The newest snapshot of a model's network and window, scored.

    Attributes:
        scored: its n rows, with the scores that they have unseen.
        frame: (n, d), the model's features.
        expected: float32 (n,), P(risky) by the strategy `label_model`, NaN where it has none: it weighs what labels and rules
            say, and knows nothing of the model.
    """

    scored: SnapshotScores
    frame: pd.DataFrame
    expected: np.ndarray

    @property
    def selection(self) -> Selection:
        """Which snapshot it is."""
        return self.scored.selection

    def expected_precision(self, threshold: float) -> float | None:
        """Return the mean P(risky) by `label_model` of the rows at or above a threshold; None where it has none for them."""
        known = self.expected[(self.scored.scores >= threshold) & ~np.isnan(self.expected)]
        return float(known.mean()) if known.size else None


def scored_snapshot(client: Client, folder: Path, loaded: artifact.Artifact) -> Snapshot:
    """Score the newest snapshot with the model of a folder.

    Raises:
        BadInputError: the warehouse has no snapshot of the model's network and window.
        NotBuiltError: dbt has not run yet.
        ArtifactError: the model's out-of-fold predictions were altered.
    """
    selection = last_snapshot(client, loaded.meta)
    scored = score_snapshot(client, folder, loaded, selection)
    try:
        expected, _ = labels_of(client, scored.data, selection, REFERENCE)
    except BadInputError:  # a warehouse without that strategy
        expected = np.full(len(scored.scores), np.nan, dtype=np.float32)
    return Snapshot(scored, scored.data.frame(), expected)


def threshold_rows(snapshot: SnapshotScores, gold: GoldRows, meta: ModelMeta) -> list[dict[str, Any]]:
    """Return precision, recall, alerts a day and share of alerts at thresholds that few to all alerts reach, rising.

    Precision and recall are None for a model type that does not calibrate: unseen gold rows have scores of models that were
    trained on other rows, which are on another scale.
    """
    shares = np.geomspace(LOWEST_SHARE, 1, THRESHOLDS)
    thresholds = np.quantile(snapshot.scores, 1 - shares, method="higher")
    if meta.chosen is not None:
        thresholds = np.append(thresholds, meta.chosen.threshold)
    if get_model_type(meta.model_type).calibrates:
        rows = at_thresholds(gold.y, gold.scores, gold.groups, thresholds, meta.seed)
    else:
        rows = [{"threshold": one, "precision": None, "recall": None} for one in np.unique(thresholds).tolist()]
    return [
        row
        | {
            "alerts_per_day": snapshot.per_day(row["threshold"]),
            "share_of_alerts": float((snapshot.scores >= row["threshold"]).mean()),
        }
        for row in rows
    ]


def scale_note(meta: ModelMeta) -> str | None:
    """Return what to know of a table of thresholds of a model without calibrated scores, None for one with them."""
    kind = get_model_type(meta.model_type)
    if not kind.calibrates:
        return (
            f"The scores of an {kind.name} only order rows within a list, and those of unseen gold rows are of the models of the "
            "folds, on other scales: precision and recall by threshold are missing. Alerts a day are those of the saved model's "
            "scores, also of rows that it was trained on."
        )
    if meta.calibration is None:
        return (
            "Scores are not calibrated, and those of unseen gold rows are of the models of the folds: precision, recall and "
            "alerts a day by threshold mix models whose scores may be on different scales."
        )
    return None


def chosen_of(meta: ModelMeta) -> dict[str, Any] | None:
    """Return the threshold kept with a model as plain values, None without one."""
    return None if meta.chosen is None else meta.chosen.model_dump(mode="json")

"""What a model's scores of the newest snapshot say: how many alerts a threshold gives, and how risky they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.data import Selection, labels_of
from trainer.errors import BadInputError
from trainer.evaluation import at_thresholds
from trainer.training import GoldRows, last_snapshot, score_snapshot

if TYPE_CHECKING:
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
        scores: float64 (n,), as `predict` writes them.
        frame: (n, d), the model's features.
        expected: float32 (n,), P(risky) by the strategy `label_model`, NaN where it has none: it weighs what labels and rules
            say, and knows nothing of the model.
    """

    selection: Selection
    scores: np.ndarray
    frame: pd.DataFrame
    expected: np.ndarray

    def per_day(self, threshold: float) -> float:
        """Return how many rows a day score at or above a threshold."""
        return float((self.scores >= threshold).sum() / self.selection.window_days)

    def expected_precision(self, threshold: float) -> float | None:
        """Return the mean P(risky) by `label_model` of the rows at or above a threshold; None where it has none for them."""
        known = self.expected[(self.scores >= threshold) & ~np.isnan(self.expected)]
        return float(known.mean()) if known.size else None


def scored_snapshot(client: Client, loaded: artifact.Artifact) -> Snapshot:
    """Score the newest snapshot.

    Raises:
        BadInputError: the warehouse has no snapshot of the model's network and window.
        NotBuiltError: dbt has not run yet.
    """
    selection = last_snapshot(client, loaded.meta)
    data, scores = score_snapshot(client, loaded, selection)
    try:
        expected, _ = labels_of(client, data, selection, REFERENCE)
    except BadInputError:  # a warehouse without that strategy
        expected = np.full(len(scores), np.nan, dtype=np.float32)
    return Snapshot(selection, scores, data.frame(), expected)


def threshold_rows(snapshot: Snapshot, gold: GoldRows, chosen: float | None, seed: int) -> list[dict[str, Any]]:
    """Return precision, recall, alerts a day and share of alerts at thresholds that few to all alerts reach, rising."""
    shares = np.geomspace(LOWEST_SHARE, 1, THRESHOLDS)
    thresholds = np.quantile(snapshot.scores, 1 - shares, method="higher")
    if chosen is not None:
        thresholds = np.append(thresholds, chosen)
    return [
        row
        | {
            "alerts_per_day": snapshot.per_day(row["threshold"]),
            "share_of_alerts": float((snapshot.scores >= row["threshold"]).mean()),
        }
        for row in at_thresholds(gold.y, gold.scores, gold.groups, thresholds, seed)
    ]


def chosen_of(meta: ModelMeta) -> dict[str, Any] | None:
    """Return the threshold kept with a model as plain values, None without one."""
    return None if meta.chosen is None else meta.chosen.model_dump(mode="json")

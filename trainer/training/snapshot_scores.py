"""Scores the newest snapshot as if a model had seen none of it: how many alerts a day a threshold gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.data import NETWORK, Dataset, Selection, gold_labels, read_scoring, resolve_selection, shared_dates
from trainer.errors import BadInputError
from trainer.model_types import get_model_type
from trainer.registry import artifact, read_out_of_fold
from trainer.warehouse import one_build

if TYPE_CHECKING:
    import pyarrow as pa

    from trainer.registry import ModelMeta
    from trainer.warehouse import Client


@dataclass(frozen=True)
class SnapshotScores:
    """Every row of a snapshot, scored.

    Attributes:
        scores: float64 (n,); of a row that the model was trained on its out-of-fold prediction, see `unseen_scores`.
        has_gold: bool (n,), whether the row has a gold label.
    """

    selection: Selection
    data: Dataset
    scores: np.ndarray
    has_gold: np.ndarray

    def per_day(self, threshold: float) -> float:
        """Return how many rows a day score at or above a threshold."""
        return float((self.scores >= threshold).sum() / self.selection.window_days)

    def labelled_per_day(self, threshold: float) -> float:
        """Return how many of those have a gold label already."""
        return float((self.has_gold & (self.scores >= threshold)).sum() / self.selection.window_days)


def last_snapshot(client: Client, meta: ModelMeta) -> Selection:
    """Return the newest snapshot of a model's network and window; of several networks, those of the newest date that all have.

    Raises:
        BadInputError: the warehouse has none.
        NotBuiltError: dbt has not run yet.
    """
    selection = resolve_selection(client, meta.model_type, meta.network, None, None, meta.window_days)
    last = shared_dates(client, meta.model_type, selection)[-1:]
    if not last:
        names = ", ".join(selection.networks)
        raise BadInputError(f"No date has a snapshot of each of the networks {names}; ingest what is missing.")
    return Selection(meta.network, last[0], last[0], meta.window_days)


def score_snapshot(client: Client, folder: Path, loaded: artifact.Artifact, selection: Selection) -> SnapshotScores:
    """Score every row of a snapshot with the model of a folder.

    Raises:
        ArtifactError: the model's out-of-fold predictions were altered.
    """
    with one_build(client):
        data = read_scoring(client, loaded.meta.model_type, selection, loaded.features)
        has_gold = ~np.isnan(gold_labels(client, data, selection))
    kept = read_out_of_fold(folder, loaded.meta)
    scores = unseen_scores(loaded.meta, kept, data, loaded.predict(data.frame()), selection.network)
    return SnapshotScores(selection, data, scores, has_gold)


def unseen_scores(
    meta: ModelMeta, kept: pa.Table | None, data: Dataset, scores: np.ndarray, network: str | None = None
) -> np.ndarray:
    """Return scores (n,) of a snapshot, with the out-of-fold prediction of each row that the model was trained on.

    A model scores the risky rows that it was trained on higher than others as risky, so that its own scores of them would fill a
    budget. The saved calibration is applied, as for `GoldRows.scores`: precision, recall and alerts a day are of the same scores.

    A row that was trained on but never tested (fold 0) keeps the model's own score. A split tests every labelled row of its last
    date, so there are hardly any; to leave them out would assume that they are like the others. Scores of a ranker that was
    trained on other rows are on another scale, so a model type that does not calibrate keeps the model's own scores, too, and so
    does a model that gives all rows the same one: it remembers none, and the models of its folds differ in nothing but scale.

    Args:
        kept: rows of `trainer.registry.OUT_OF_FOLD_SCHEMA`; None for a model that was saved without them.
        network: that of the snapshot, by default the model's; a snapshot of several has the network of each row.
    """
    if kept is None or not get_model_type(meta.model_type).calibrates or scores.min() == scores.max():
        return scores
    raw = kept["raw"].to_numpy()
    tested = np.flatnonzero((kept["fold"].to_numpy() > 0) & ~np.isnan(raw))
    out_of_fold = raw[tested] if meta.calibration is None else meta.calibration.apply(raw[tested])
    dates = kept["processing_date"].to_numpy().astype("datetime64[D]")[tested]
    of = kept[NETWORK].take(tested).fill_null(meta.network)  # a model of one network keeps no network
    keys = zip(of.to_pylist(), kept["id"].take(tested).to_pylist(), dates.tolist(), strict=True)
    known = dict(zip(keys, out_of_fold.tolist(), strict=True))
    networks = (one or network or meta.network for one in data.networks.tolist())
    rows = zip(networks, data.keys[data.model_type.id_column].to_pylist(), data.dates.tolist(), strict=True)
    return np.array([known.get(key, score) for key, score in zip(rows, scores.tolist(), strict=True)])

"""Evaluates a trainer on rows it has not seen: out-of-fold predictions, calibration and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.evaluation import Split, calibration, evaluate, evaluate_ranking, metrics
from trainer.progress import Progress, step
from trainer.training.backend import IN_PROCESS, Backend

if TYPE_CHECKING:
    from trainer.data import Dataset
    from trainer.models import ModelTrainer

NOT_CALIBRATED = "it was turned off"


@dataclass(frozen=True)
class Unseen:
    """How a trainer does on unseen rows.

    Attributes:
        metrics: name → value and 95 % interval; empty where the unseen rows lack gold labels of both classes.
        n_test: the number of unseen rows with a gold label that the metrics are of; 0 where there are none.
        calibrated: the calibration learned on them.
        fold_aucs: the AUC of each fold whose unseen rows have gold labels of both classes.
        proba: out-of-fold predictions float64 (n,) before calibration, NaN where a row is in no test part.
    """

    metrics: dict[str, dict[str, float]]
    n_test: int
    calibrated: calibration.Calibrated
    fold_aucs: list[float]
    proba: np.ndarray


def evaluate_unseen(
    trainer: ModelTrainer,
    data: Dataset,
    gold: np.ndarray,
    split: Split,
    seed: int,
    calibrate: bool,
    progress: Progress | None = None,
    backend: Backend = IN_PROCESS,
) -> Unseen:
    """Return how a trainer does on the held-out rows of a split; gold (n,) is NaN where a row has no gold label."""
    kind = data.model_type
    proba = out_of_fold(trainer, data, split, progress, backend)
    off = "" if calibrate else NOT_CALIBRATED
    if not kind.calibrates:
        off = f"the scores of an {kind.name} are not probabilities"
    with step(progress, "calibrating"):
        calibrated = calibration.calibrate(gold, proba, data.weight, data.groups, [test for _, test in split], off)
    rows = split.test_rows[~np.isnan(gold[split.test_rows])]
    aucs = fold_aucs(split, gold, proba)
    if np.unique(gold[rows]).size < 2:
        return Unseen({}, 0, calibrated, aucs, proba)
    with step(progress, "metrics and their intervals"):
        found = metrics_of(data, gold, proba, calibrated.proba, rows, seed)
    return Unseen(found, len(rows), calibrated, aucs, proba)


def out_of_fold(
    trainer: ModelTrainer, data: Dataset, split: Split, progress: Progress | None = None, backend: Backend = IN_PROCESS
) -> np.ndarray:
    """Return out-of-fold predictions float64 (n,), NaN where a row is in no test part."""
    proba = np.full(len(data.y), np.nan)
    for number, (train, test) in enumerate(split, start=1):
        part = f"fold {number} of {len(split.folds)}"
        fitted, medians = backend.fit(trainer, data, train, progress, part)
        proba[test] = backend.predict(fitted, data, test, medians, part)
        if progress is not None:
            progress("folds", number, len(split.folds))
    return proba


def fold_aucs(split: Split, gold: np.ndarray, proba: np.ndarray) -> list[float]:
    """Return the AUC of each fold whose test rows have gold labels (n,) of both classes."""
    tested = [test[~np.isnan(gold[test])] for _, test in split]
    return [metrics(gold[rows], proba[rows])["auc"] for rows in tested if np.unique(gold[rows]).size == 2]


def metrics_of(
    data: Dataset,
    gold: np.ndarray,
    proba: np.ndarray,
    calibrated: np.ndarray,
    rows: np.ndarray,
    seed: int,
) -> dict[str, dict[str, float]]:
    """Return the metrics of a dataset's model type, each with its interval, for rows (m,) with gold labels of both classes."""
    kind = data.model_type
    if kind.is_ranker:
        values = evaluate_ranking(gold[rows], proba[rows], data.groups[rows], data.lists[rows], seed)
    else:
        values = evaluate(gold[rows], proba[rows], data.groups[rows], seed, calibrated[rows])
    return {name: values[name] for name in kind.metrics}

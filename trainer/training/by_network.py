"""How a model of several networks does on each of them, and how one of the others does on a network that is left out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trainer.evaluation import Split, calibration
from trainer.registry import IntervalMeta, LeftOutMeta, NetworkMeta
from trainer.training.backend import IN_PROCESS, Backend
from trainer.training.unseen import Unseen, metrics_of

if TYPE_CHECKING:
    from trainer.data import Dataset
    from trainer.models import ModelTrainer

Progress = Callable[[str, int, int], None]


def balanced(data: Dataset) -> Dataset:
    """Return a dataset whose networks have the same total weight each; the total of all rows stays as it was."""
    weight, networks = data.weight.astype(np.float64), data.networks
    names = np.unique(networks)
    for name in names:
        of = networks == name
        if (total := weight[of].sum()) > 0:
            weight[of] *= data.weight.sum(dtype=np.float64) / len(names) / total
    return replace(data, weight=weight.astype(np.float32))


def evaluate_networks(
    trainer: ModelTrainer,
    data: Dataset,
    gold: np.ndarray,
    split: Split,
    unseen: Unseen,
    seed: int,
    left_out: bool,
    progress: Progress | None = None,
    backend: Backend = IN_PROCESS,
) -> dict[str, NetworkMeta]:
    """Return network → how the model does on its unseen rows; {} for a model of one network.

    Args:
        gold: (n,) gold labels, NaN where there are none.
        unseen: what `evaluate_unseen` returned for the same split.
        left_out: whether to train, for each network, a model of the others, and evaluate it on the same rows of this one.
        progress: called with (what, done, total).
    """
    networks = data.networks
    names = np.unique(networks).tolist()
    if len(names) < 2:
        return {}
    found = {}
    for number, name in enumerate(names):
        of = networks == name
        rows = _graded(split.test_rows[of[split.test_rows]], gold)
        found[name] = NetworkMeta(
            n_train=int(of.sum()),
            n_positive=int((data.y[of] >= 0.5).sum()),
            n_test=len(rows),
            metrics=_intervals(data, gold, unseen.proba, unseen.calibrated.proba, rows, seed),
            left_out=_without(trainer, data, gold, split, unseen, of, name, seed, progress, backend) if left_out else None,
        )
        if progress is not None and left_out:
            progress("left-out networks", number + 1, len(names))
    return found


def _without(
    trainer: ModelTrainer,
    data: Dataset,
    gold: np.ndarray,
    split: Split,
    unseen: Unseen,
    is_left_out: np.ndarray,
    name: str,
    seed: int,
    progress: Progress | None,
    backend: Backend,
) -> LeftOutMeta:
    """Return how a model of the other networks does on the held-out rows of one."""
    clock = time.perf_counter()
    train, test = split.without(is_left_out, data.groups, data.dates)
    test = _graded(test, gold)
    if np.unique(gold[test]).size < 2 or np.unique(data.y[train] >= 0.5).size < 2:
        which = f"the unseen gold rows of {name}" if np.unique(gold[test]).size < 2 else "the rows of the other networks"
        return LeftOutMeta(n_train=len(train), n_test=len(test), seconds=0, problem=f"{which} lack a class")
    part = f"the networks but {name}"
    fitted, medians = backend.fit(trainer, data, train, progress, part)
    proba = np.full(len(data.y), np.nan)
    proba[test] = backend.predict(fitted, data, test, medians, part)
    calibrated = proba.copy()
    calibrated[test] = _calibrated(data, gold, unseen, np.isin(data.groups, data.groups[test]) | is_left_out, proba[test])
    return LeftOutMeta(
        n_train=len(train),
        n_test=len(test),
        metrics=_intervals(data, gold, proba, calibrated, test, seed),
        seconds=round(time.perf_counter() - clock, 3),
    )


def _calibrated(data: Dataset, gold: np.ndarray, unseen: Unseen, is_hidden: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """Return the scores (m,) of a network calibrated as the model's, by a map of the others' out-of-fold predictions.

    The models of the folds have seen the network, but the two or three numbers, or the steps, of a map hold nothing of its rows.

    Args:
        is_hidden: bool (n,): rows whose gold labels the map must not know.
    """
    usable = ~is_hidden & ~np.isnan(gold) & ~np.isnan(unseen.proba) & (data.weight > 0)
    if unseen.calibrated.calibrator is None or np.unique(gold[usable]).size < 2:
        return proba
    method, _ = calibration.choose_method(gold[usable], data.groups[usable])
    if method is None:
        return proba
    return calibration.fit_calibrator(method, gold[usable], unseen.proba[usable], data.weight[usable]).apply(proba)


def _graded(rows: np.ndarray, gold: np.ndarray) -> np.ndarray:
    return np.asarray(rows[~np.isnan(gold[rows])])


def _intervals(
    data: Dataset, gold: np.ndarray, proba: np.ndarray, calibrated: np.ndarray, rows: np.ndarray, seed: int
) -> dict[str, IntervalMeta]:
    """Return the metrics of rows (m,); {} where their gold labels lack a class."""
    if np.unique(gold[rows]).size < 2:
        return {}
    found = metrics_of(data, gold, proba, calibrated, rows, seed)
    return {name: IntervalMeta(**value) for name, value in found.items()}

"""Evaluates cells on the same gold rows with the same draws, so that differences have intervals of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.evaluation import Estimate, calibration, estimates, evaluate, metrics, paired_differences
from trainer.training.compare.candidates import Candidate
from trainer.training.compare.cells import Cell
from trainer.training.compare.rows import SharedRows

if TYPE_CHECKING:
    from trainer.labels import Truth

Intervals = dict[str, Estimate]


@dataclass
class Entry:
    """A candidate on the leaderboard.

    Attributes:
        metrics: metric → value and 95 % interval, on the gold rows that are held out.
        difference: metric → the candidate's minus the baseline's, with simultaneous intervals (`paired_differences`).
        truth, truth_difference: the same against hidden truth, on all held-out rows of addresses that it knows; empty without it.
        changed: what differs from the baseline: part or parameter → the baseline's and the candidate's.
        seconds: of fitting and predicting, over all folds.
        problem: why it was not trained, '' if it was.
        predictions: the file of its out-of-fold predictions, within the folder of the comparison.
    """

    candidate: str
    strategy: str
    model: str
    features: str
    n_train: int
    n_positive: int
    n_features: int
    seconds: dict[str, float]
    problem: str
    predictions: str
    changed: dict[str, list[Any]] = field(default_factory=dict)
    metrics: Intervals = field(default_factory=dict)
    difference: Intervals = field(default_factory=dict)
    truth: Intervals = field(default_factory=dict)
    truth_difference: Intervals = field(default_factory=dict)


Scored = tuple[Cell, np.ndarray]
"""A cell and its calibrated scores (n,)."""


def calibrated(rows: SharedRows, cells: list[Cell]) -> list[Scored]:
    """Return each cell with its scores (n,), each fold calibrated on the gold rows of the others, as `fit` reports them."""
    parts, weight, groups = [test for _, test in rows.split], np.ones(len(rows.gold)), rows.data.groups
    return [
        (cell, cell.proba if cell.problem else calibration.calibrate(rows.gold, cell.proba, weight, groups, parts).proba)
        for cell in cells
    ]


def entries(rows: SharedRows, cells: list[Scored], truth: Truth | None) -> list[Entry]:
    """Return the leaderboard in the order of the cells, of which the first is the baseline."""
    found = [_entry(cell, cells[0][0].candidate) for cell, _ in cells]
    trained = [(entry, one) for entry, one in zip(found, cells, strict=True) if not one[0].problem]
    _grade(rows, trained, rows.tested, rows.gold[rows.tested], ("metrics", "difference"), found[0])
    if truth is not None:
        known, illicit = _known_truth(rows, truth)
        _grade(rows, trained, known, illicit, ("truth", "truth_difference"), found[0])
    return found


def per_split(rows: SharedRows, cells: list[Scored]) -> list[dict[str, Any]]:
    """Return a row per candidate, fold and metric, on the fold's gold rows; folds without both classes have none."""
    found = []
    for cell, probability in cells:
        for number, (_, test) in enumerate(rows.split, start=1):
            graded = test[~np.isnan(rows.gold[test])]
            if cell.problem or np.unique(rows.gold[graded] >= 0.5).size < 2:
                continue
            one = cell.candidate
            key = {"label_strategy": one.strategy, "model": one.model, "features": one.features, "copy": one.copy, "fold": number}
            values = metrics(rows.gold[graded], cell.proba[graded], probability[graded])
            found += [key | {"metric": name, "value": value, "n": len(graded)} for name, value in values.items()]
    return found


def _entry(cell: Cell, baseline: Candidate) -> Entry:
    one = cell.candidate
    return Entry(
        candidate=one.name,
        strategy=one.strategy,
        model=one.model,
        features=one.features,
        n_train=cell.n_train,
        n_positive=cell.n_positive,
        n_features=cell.n_features,
        seconds=cell.seconds,
        problem=cell.problem,
        predictions=cell.file.name,
        changed=_changed(one, baseline),
    )


def _changed(one: Candidate, baseline: Candidate) -> dict[str, list[Any]]:
    """Return what differs; parameters only between models of one kind, as others have other parameters."""
    pairs = {part: [getattr(baseline, part), getattr(one, part)] for part in ("strategy", "model", "features")}
    if type(one.trainer) is type(baseline.trainer):
        pairs |= {name: [baseline.parameters.get(name), value] for name, value in one.parameters.items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _grade(
    rows: SharedRows, trained: list[tuple[Entry, Scored]], tested: np.ndarray, y: np.ndarray, into: tuple[str, str], first: Entry
) -> None:
    """Set the metrics of each trained entry, and its differences if the baseline is trained, on rows (m,) with labels y (m,)."""
    if not trained or np.unique(y >= 0.5).size < 2:
        return
    groups = rows.data.groups[tested]
    scores = {entry.candidate: (cell.proba[tested], probability[tested]) for entry, (cell, probability) in trained}
    for entry, _ in trained:
        proba, probability = scores[entry.candidate]
        setattr(entry, into[0], estimates(evaluate(y, proba, groups, rows.seed, probability)))
    if trained[0][0] is not first or len(trained) == 1:
        return
    baseline = scores.pop(first.candidate)
    found = paired_differences(y, scores, baseline, groups, rows.seed, simultaneous=True)
    for entry, _ in trained[1:]:
        setattr(entry, into[1], estimates(found[entry.candidate]))


def _known_truth(rows: SharedRows, truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Return the held-out rows (m,) whose address the truth knows, and their truth (m,)."""
    held_out, networks = rows.split.test_rows, rows.data.networks
    addresses = rows.data.keys[rows.data.model_type.held_together_by].to_pandas()
    illicit = np.full(len(addresses), np.nan)
    for network in np.unique(networks).tolist():
        of = networks == network
        illicit[of] = addresses[of].map(truth.on(network or rows.selection.network)).to_numpy(dtype=np.float64)
    known = held_out[~np.isnan(illicit[held_out])]
    return known, illicit[known]

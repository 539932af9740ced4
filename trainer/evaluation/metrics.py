"""Metrics of predictions on rows the model was not trained on, and of the difference of models, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from trainer.evaluation.intervals import Measure, drawn_values, simultaneous_intervals, with_intervals

Scores: TypeAlias = np.ndarray | tuple[np.ndarray, np.ndarray]
"""P(risky) (n,) of a model, or a pair of it and the calibrated probabilities (n,)."""
PROBABILITY_FLOOR = 1e-6  # keeps the logarithm finite; far below any probability that matters


def evaluate(
    y: np.ndarray, proba: np.ndarray, groups: np.ndarray, seed: int = 0, calibrated: np.ndarray | None = None
) -> dict[str, dict[str, float]]:
    """Return metric → value and 95 % interval, on held-out rows.

    Args:
        y: (n,) 0 or 1, with both classes.
        proba: (n,) P(risky).
        groups: (n,) address of each row; whole addresses are resampled, see `intervals.with_intervals`.
        calibrated: (n,) calibrated probabilities, for the metrics of probabilities; `proba` by default; see `metrics`.

    Returns:
        For auc, average_precision, brier and log_loss: {value, low, high}.
    """
    calibrated = proba if calibrated is None else calibrated
    return with_intervals(lambda rows, labels: weighted_metrics(labels, proba[rows], calibrated[rows]), y, groups, seed)


def paired_difference(
    y: np.ndarray, proba_a: Scores, proba_b: Scores, groups: np.ndarray, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Return metric → {value, low, high} of model a minus model b on the same rows; see `paired_differences`."""
    return paired_differences(y, {"a": proba_a}, proba_b, groups, seed)["a"]


def paired_differences(
    y: np.ndarray,
    models: Mapping[str, Scores],
    baseline: Scores,
    groups: np.ndarray,
    seed: int = 0,
    *,
    simultaneous: bool = False,
) -> dict[str, dict[str, dict[str, float]]]:
    """Return model → metric → {value, low, high} of the model minus the baseline, on the same rows.

    All models have the same draws, so that what moves both (an address that is hard for either) does not widen the interval of
    their difference. Copies of the baseline differ from it by 0, low = high = 0.

    Args:
        y: (n,) 0 or 1, with both classes.
        models, baseline: P(risky) (n,) of each, or a pair of it and calibrated ones (n,), which brier and log_loss use.
        groups: (n,) address of each row.
        simultaneous: whether the 95 % intervals of a metric are simultaneous: they hold all its true differences at once.

    Raises:
        ValueError: y lacks a class.
    """

    def measure_of(rows: np.ndarray, labels: np.ndarray) -> Measure:
        of_models = {name: _of(scores, rows, labels) for name, scores in models.items()}
        other = _of(baseline, rows, labels)

        def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
            base = other(weights)
            found = {name: model(weights) for name, model in of_models.items()}
            return {f"{metric} {name}": of[metric] - base[metric] for name, of in found.items() for metric in base}

        return measure

    result: dict[str, dict[str, dict[str, float]]] = {}
    for key, interval in (_simultaneous if simultaneous else with_intervals)(measure_of, y, groups, seed).items():
        metric, _, name = key.partition(" ")
        result.setdefault(name, {})[metric] = interval
    return result


def _simultaneous(
    measure_of: Callable[[np.ndarray, np.ndarray], Measure], y: np.ndarray, groups: np.ndarray, seed: int
) -> dict[str, dict[str, float]]:
    """Return what `with_intervals` returns, with simultaneous intervals for the keys of one metric, their first word."""
    values, drawn = drawn_values(measure_of, y, groups, seed)
    found: dict[str, dict[str, float]] = {}
    for metric in dict.fromkeys(key.partition(" ")[0] for key in values):
        keys = [key for key in values if key.partition(" ")[0] == metric]
        found |= simultaneous_intervals({key: values[key] for key in keys}, {key: drawn[key] for key in keys})
    return found


def _of(scores: Scores, rows: np.ndarray, labels: np.ndarray) -> Measure:
    """Return the measure of a model's scores on rows (m,) with labels (m,)."""
    proba, calibrated = scores if isinstance(scores, tuple) else (scores, scores)
    return weighted_metrics(labels, proba[rows], calibrated[rows])


def metrics(y: np.ndarray, proba: np.ndarray, calibrated: np.ndarray | None = None) -> dict[str, float]:
    """Return auc, average_precision, brier and log_loss of proba (n,) against y (n,), which has both classes.

    brier and log_loss, metrics of probabilities, use `calibrated` (n,) where given. auc and average_precision depend only on the
    order of scores, which the saved calibrator keeps; cross-fitted values come from several calibrators, so that their order is
    that of no single model.
    """
    found = weighted_metrics(y, proba, calibrated)(np.ones((1, len(y))))
    return {name: float(value) for name, (value,) in found.items()}


def weighted_metrics(y: np.ndarray, proba: np.ndarray, calibrated: np.ndarray | None = None) -> Measure:
    """Return the function of weights (k, n) to auc, average_precision, brier and log_loss, each (k,); see `metrics`.

    As scikit-learn's with `sample_weight`, but the rows are sorted once for all draws.
    """
    target = y >= 0.5
    order = np.argsort(-proba, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(proba[order]) != 0, True))  # the last row of each distinct score
    of_classes = [(order[of[order]], np.cumsum(of[order])[ends]) for of in (target, ~target)]  # rows; how many so far
    probability = (proba if calibrated is None else calibrated).astype(np.float64)
    p = np.clip(probability, PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    squared, loss = (probability - target) ** 2, -np.where(target, np.log(p), np.log1p(-p))

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        total = weights.sum(axis=1)
        true, false = (_running_sums(weights[:, rows])[:, so_far] for rows, so_far in of_classes)
        new_true, new_false = (np.diff(count, axis=1, prepend=0) for count in (true, false))
        precision = true / np.maximum(true + false, np.finfo(np.float64).tiny)  # no weight so far: no true ones either
        return {
            "auc": np.minimum((new_false * (true - new_true / 2)).sum(axis=1) / (true[:, -1] * false[:, -1]), 1),
            "average_precision": np.minimum((new_true * precision).sum(axis=1) / true[:, -1], 1),
            "brier": (weights * squared).sum(axis=1) / total,
            "log_loss": (weights * loss).sum(axis=1) / total,
        }

    return measure


def _running_sums(values: np.ndarray) -> np.ndarray:
    """Return the sums (k, m + 1) of the first 0, 1, …, m of values (k, m)."""
    sums = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums

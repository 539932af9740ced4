"""Metrics of predictions on rows the model was not trained on, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

BOOTSTRAP_ROUNDS = 200
PROBABILITY_FLOOR = 1e-6  # keeps the logarithm finite; far below any probability that matters


def evaluate(
    y: np.ndarray, proba: np.ndarray, groups: np.ndarray, seed: int = 0, calibrated: np.ndarray | None = None
) -> dict[str, dict[str, float]]:
    """Return metric → value and 95 % interval, on held-out rows.

    Args:
        y: (n,) 0 or 1.
        proba: (n,) P(risky).
        groups: (n,) address of each row. Rows of one address are resampled together, because they are not independent:
            the percentile bootstrap over clusters (Efron and Tibshirani 1993; Field and Welsh 2007).
        calibrated: (n,) calibrated probabilities, for the metrics of probabilities; `proba` by default; see `metrics`.

    Returns:
        For auc, average_precision, brier and log_loss: {value, low, high}.
    """
    calibrated = proba if calibrated is None else calibrated
    return with_intervals(lambda rows: metrics(y[rows], proba[rows], calibrated[rows]), y, groups, seed)


def with_intervals(
    measure: Callable[[np.ndarray], dict[str, float]], y: np.ndarray, groups: np.ndarray, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Return each value of `measure`, a function of row numbers, over all rows, with its 95 % interval. See `evaluate`."""
    values = measure(np.arange(len(y)))
    draws = [measure(rows) for rows in _resamples(y, groups, seed)]
    result = {}
    for name, value in values.items():
        drawn = np.array([draw[name] for draw in draws])
        low, high = np.percentile(drawn, [2.5, 97.5]) if drawn.size else (float("nan"), float("nan"))
        result[name] = {"value": value, "low": float(low), "high": float(high)}
    return result


def metrics(y: np.ndarray, proba: np.ndarray, calibrated: np.ndarray | None = None) -> dict[str, float]:
    """Return auc, average_precision, brier and log_loss of proba (n,) against y (n,), which has both classes.

    brier and log_loss, metrics of probabilities, use `calibrated` (n,) where given. auc and average_precision depend only on the
    order of scores, which the saved calibrator keeps; cross-fitted values come from several calibrators, so that their order is
    that of no single model.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    target = y >= 0.5
    probability = (proba if calibrated is None else calibrated).astype(np.float64)
    p = np.clip(probability, PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    return {
        "auc": float(roc_auc_score(target, proba)),
        "average_precision": float(average_precision_score(target, proba)),
        "brier": float(np.mean((probability - target) ** 2)),
        "log_loss": float(-np.mean(np.where(target, np.log(p), np.log1p(-p)))),
    }


def _resamples(y: np.ndarray, groups: np.ndarray, seed: int) -> list[np.ndarray]:
    """Return the row numbers of bootstrap samples of whole groups, without samples that lack a class."""
    generator = np.random.default_rng(seed)
    order = np.argsort(groups, kind="stable")
    _, starts = np.unique(groups[order], return_index=True)
    members: list[Any] = np.split(order, starts[1:])
    samples = []
    for _ in range(BOOTSTRAP_ROUNDS):
        rows = np.concatenate([members[i] for i in generator.integers(0, len(members), len(members))])
        if np.unique(y[rows] >= 0.5).size == 2:
            samples.append(rows)
    return samples

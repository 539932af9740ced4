"""Thresholds: precision, recall and alerts a day of looking at everything that scores at or above one.

Precision and recall are those of rows with a gold label that the model has not seen. They are not those of all alerts where other
shares of labelled rows are risky, or where the benign ones that somebody has labelled are the obvious ones (docs/evaluation.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trainer.errors import NotEnoughLabelsError, UsageError
from trainer.evaluation.intervals import Measure, with_intervals
from trainer.evaluation.proportions import effective_addresses, wilson

MAX_CANDIDATES = 500  # thresholds tried where each needs an interval
TINY = np.finfo(np.float64).tiny


def at_thresholds(
    y: np.ndarray, proba: np.ndarray, groups: np.ndarray, thresholds: np.ndarray, seed: int = 0
) -> list[dict[str, Any]]:
    """Return precision and recall at each threshold: {threshold, precision, recall}, each an {value, low, high}, rising.

    The intervals are those of the Bayesian bootstrap over addresses (`intervals.with_intervals`), widened to Wilson's interval
    for the effective number of addresses: above a high threshold are too few rows for a pseudo-address to fall among them often.
    Their width is never 0.

    Args:
        y: (n,) 0 or 1, with both classes.
        proba: (n,) scores.
        groups: (n,) address of each row.
        thresholds: (k,) those that no row reaches are left out.

    Raises:
        ValueError: y lacks a class.
    """
    kept = np.unique(thresholds[thresholds <= proba.max()])

    found = with_intervals(_rates_of(proba, kept), y, groups, seed)
    risky_addresses = effective_addresses(groups[y >= 0.5])
    return [
        {
            "threshold": float(threshold),
            "precision": _widened(found[f"{place} precision"], effective_addresses(groups[proba >= threshold])),
            "recall": _widened(found[f"{place} recall"], risky_addresses),
        }
        for place, threshold in enumerate(kept)
    ]


def _rates_of(proba: np.ndarray, thresholds: np.ndarray) -> Callable[[np.ndarray, np.ndarray], Measure]:
    """Return what `with_intervals` measures: precision and recall at each threshold, by `0 precision`, `0 recall` and so on."""

    def measure_of(rows: np.ndarray, labels: np.ndarray) -> Measure:
        order = np.argsort(-proba[rows], kind="stable")
        target, reached = labels[order], np.searchsorted(-proba[rows][order], -thresholds, side="right")

        def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
            every, risky = _running_sums(weights[:, order]), _running_sums(weights[:, order] * target)
            precision = risky[:, reached] / np.maximum(every[:, reached], TINY)
            recall = risky[:, reached] / np.maximum(risky[:, -1:], TINY)
            rates = (("precision", precision), ("recall", recall))
            return {f"{place} {name}": rate[:, place] for name, rate in rates for place in range(len(thresholds))}

        return measure

    return measure_of


def _running_sums(values: np.ndarray) -> np.ndarray:
    """Return the sums (k, m + 1) of the first 0, 1, …, m of values (k, m)."""
    sums = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _widened(interval: dict[str, float], addresses: float) -> dict[str, float]:
    value, low, high = np.clip([interval[part] for part in ("value", "low", "high")], 0, 1).tolist()  # sums round
    of_wilson = wilson(np.array(value), np.array(addresses))
    return {"value": value, "low": min(low, float(of_wilson[0])), "high": max(high, float(of_wilson[1]))}


def threshold_for_budget(scores: np.ndarray, days: float, alerts_per_day: float) -> float:
    """Return the lowest threshold that at most `alerts_per_day` rows a day reach; rows of equal score stand or fall together.

    Args:
        scores: (n,) of every row of a snapshot.
        days: that its rows are of.

    Raises:
        UsageError: more rows share the highest score than the budget allows.
    """
    distinct, counts = np.unique(scores, return_counts=True)
    reached = np.cumsum(counts[::-1])[::-1]  # rows at or above each distinct score
    within = np.flatnonzero(reached <= alerts_per_day * days)
    if not within.size:
        raise UsageError(
            f"{reached[-1]} of {len(scores)} rows share the highest score, {reached[-1] / days:.4g} a day: no threshold keeps to "
            f"{alerts_per_day:g} a day."
        )
    return float(distinct[within[0]])


def threshold_for_precision(
    y: np.ndarray,
    proba: np.ndarray,
    groups: np.ndarray,
    precision: float,
    *,
    by_lower_end: bool = False,
    seed: int = 0,
) -> float:
    """Return the lowest threshold whose precision on the rows is at least `precision`; arguments as for `at_thresholds`.

    Args:
        by_lower_end: the lower end of the precision's 95 % interval must reach it, not only the estimate.

    Raises:
        NotEnoughLabelsError: no threshold reaches it; the message has the highest precision there is.
    """
    order = np.argsort(-proba, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(proba[order]) != 0, True))  # the last row of each distinct score, falling
    scores, estimates = proba[order][ends], np.cumsum(y[order] >= 0.5)[ends] / (ends + 1)
    found, best = scores[estimates >= precision], float(estimates.max())
    if by_lower_end:
        found = _with_lower_end(y, proba, groups, found, precision, seed)
        if not found.size:
            rows = at_thresholds(y, proba, groups, _thinned(scores), seed)
            best = max(row["precision"]["low"] for row in rows)
    if found.size:
        return float(found.min())
    what = "The lower end of precision's 95 % interval" if by_lower_end else "Precision"
    raise NotEnoughLabelsError(f"{what} on unseen gold rows reaches {precision:g} at no threshold; the highest is {best:.4f}.")


def _with_lower_end(
    y: np.ndarray, proba: np.ndarray, groups: np.ndarray, thresholds: np.ndarray, precision: float, seed: int
) -> np.ndarray:
    """Return those of some thresholds at which the lower end of precision's interval reaches `precision`."""
    if not thresholds.size:
        return thresholds
    rows = at_thresholds(y, proba, groups, _thinned(thresholds), seed)
    return np.array([row["threshold"] for row in rows if row["precision"]["low"] >= precision])


def _thinned(thresholds: np.ndarray) -> np.ndarray:
    return thresholds[np.unique(np.linspace(0, len(thresholds) - 1, MAX_CANDIDATES).astype(int))]

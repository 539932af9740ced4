"""Curves of scores against labels, thinned to what a chart can show."""

from __future__ import annotations

import numpy as np

from trainer.evaluation.calibration import BINS, MIN_BIN_ROWS
from trainer.evaluation.proportions import effective_addresses, wilson

MAX_POINTS = 200
HISTOGRAM_BINS = 40

Points = list[dict[str, float]]


def curves_of(y: np.ndarray, proba: np.ndarray, calibrated: np.ndarray, groups: np.ndarray) -> dict[str, Points]:
    """Return roc, precision_recall, reliability, lift and histogram, each at most MAX_POINTS points.

    Args:
        y: (n,) 0 or 1, with both classes.
        proba: (n,) scores, for what depends on their order only.
        calibrated: (n,) probabilities, for reliability and histogram.
        groups: (n,) address of each row.
    """
    return {
        "roc": roc(y, proba),
        "precision_recall": precision_recall(y, proba),
        "reliability": reliability_points(y, calibrated, groups),
        "lift": lift(y, proba),
        "histogram": histogram(y, calibrated),
    }


def roc(y: np.ndarray, proba: np.ndarray) -> Points:
    """Return the ROC curve: false_positive_rate, true_positive_rate, and the threshold that has them, from (0, 0) to (1, 1)."""
    from sklearn.metrics import roc_curve

    false, true, thresholds = roc_curve(y >= 0.5, proba)
    thresholds = np.minimum(thresholds, np.nextafter(proba.max(), np.inf))  # scikit-learn's first is infinite
    return _points(false_positive_rate=false, true_positive_rate=true, threshold=thresholds)


def precision_recall(y: np.ndarray, proba: np.ndarray) -> Points:
    """Return recall, precision and the threshold that has them, recall rising; without the point at recall 0, which none has."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, thresholds = precision_recall_curve(y >= 0.5, proba)
    return _points(recall=recall[-2::-1], precision=precision[-2::-1], threshold=thresholds[::-1])


def lift(y: np.ndarray, proba: np.ndarray) -> Points:
    """Return, for the highest share of rows, how many times more of them are risky than of all; rows of equal score as one."""
    order = np.argsort(-proba, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(proba[order]) != 0, True))
    rate = np.cumsum(y[order] >= 0.5)[ends] / (ends + 1)
    return _points(share=(ends + 1) / len(y), lift=rate / (y >= 0.5).mean())


def histogram(y: np.ndarray, proba: np.ndarray) -> Points:
    """Return how many rows of each class score from low to high."""
    edges = np.linspace(0, 1, HISTOGRAM_BINS + 1)
    of = [np.histogram(proba[(y >= 0.5) == label], edges)[0] for label in (True, False)]
    return [
        {"low": float(low), "high": float(high), "positive": int(positive), "negative": int(negative)}
        for low, high, positive, negative in zip(edges, edges[1:], *of, strict=False)
    ]


def reliability_points(y: np.ndarray, proba: np.ndarray, groups: np.ndarray) -> Points:
    """Return bins of equal counts: mean_score, observed (the share that is risky) with its 95 % Wilson interval, and rows.

    The bins are those of `calibration.reliability`; rows of one address count as fewer than they are.
    """
    count = max(1, min(BINS, len(y) // MIN_BIN_ROWS))
    edges = np.unique(np.quantile(proba, np.arange(1, count) / count, method="lower"))
    place = np.searchsorted(edges, proba, side="left")
    found = []
    for number in np.unique(place):
        rows = place == number
        observed = float((y[rows] >= 0.5).mean())
        low, high = wilson(np.array(observed), np.array(effective_addresses(groups[rows])))
        found.append(
            {
                "mean_score": float(proba[rows].mean()),
                "observed": observed,
                "low": float(low),
                "high": float(high),
                "rows": int(rows.sum()),
            }
        )
    return found


def _points(**columns: np.ndarray) -> Points:
    """Return rows of columns (n,), thinned evenly to MAX_POINTS with the first and the last."""
    count = len(next(iter(columns.values())))
    kept = np.unique(np.linspace(0, count - 1, min(count, MAX_POINTS)).round().astype(int))
    return [{name: float(values[row]) for name, values in columns.items()} for row in kept]

"""Ranks and normal scores of columns: what makes amounts from cents to billions comparable."""

from __future__ import annotations

import numpy as np

KNOTS = 500  # quantiles kept of each column
SAMPLE = 200_000  # rows they are taken of, at most
EDGE = 1e-3  # rank of the least and of 1 - the greatest value: ±3.1 standard deviations as normal scores


def quantile_knots(X: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the quantiles float64 (k, d) of the values there are in X (n, d); zeros for a column without any."""
    rows = np.arange(len(X))
    if len(X) > SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(len(X), SAMPLE, replace=False))
    levels = np.linspace(0, 1, min(KNOTS, max(2, len(rows))))
    knots = np.zeros((len(levels), X.shape[1]))
    for column in range(X.shape[1]):
        values = X[rows, column].astype(np.float64)
        present = values[np.isfinite(values)]
        if present.size:
            knots[:, column] = np.quantile(present, levels)
    return knots


def ranks(X: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Return where each value of X (n, d) lies among the knots (k, d): float64 (n, d) in [0, 1], ½ where it is missing.

    A value that many rows share gets the middle of their ranks, as in scikit-learn's QuantileTransformer.
    """
    levels = np.linspace(0, 1, len(knots))
    found = np.full(X.shape, 0.5)
    for column in range(X.shape[1]):
        values, points = X[:, column].astype(np.float64), knots[:, column]
        if points[0] == points[-1]:
            continue
        below = np.interp(values, points, levels)
        above = -np.interp(-values, -points[::-1], -levels[::-1])
        found[:, column] = np.where(np.isnan(values), 0.5, (below + above) / 2)
    return found


def normal_scores(X: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Return the ranks of X (n, d) as normal scores: float64 (n, d), 0 where missing."""
    from scipy.special import ndtri

    scores: np.ndarray = ndtri(np.clip(ranks(X, knots), EDGE, 1 - EDGE))
    return scores

"""Quantiles, ranks and normal scores of columns: what makes amounts from cents to billions comparable.

One column is described by a table: some of its quantiles, ascending, and the rank of each (`quantile_table`). The baselines use
evenly spaced quantiles and interpolate ranks; the neural network uses distinct values and interpolates normal scores.
"""

from __future__ import annotations

import numpy as np

KNOTS = 500  # quantiles of each column, for the baselines
SAMPLE = 200_000  # most rows that quantiles are computed from; with more, a random sample
EDGE = 1e-3  # ranks are clipped to [EDGE, 1 - EDGE] before they become normal scores: ±3.1 standard deviations
LARGEST = float(np.finfo(np.float32).max)


def quantile_knots(X: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return evenly spaced quantiles of each column's finite values: float64 (k, d), zeros for a column without any.

    Args:
        X: (n, d), NaN where missing.
        seed: of the sample of rows, if there are more than 200,000.
    """
    X = sample_rows(X, np.random.default_rng(seed))
    knots = np.zeros((min(KNOTS, max(2, len(X))), X.shape[1]))
    for column in range(X.shape[1]):
        values = X[:, column].astype(np.float64)
        finite = values[np.isfinite(values)]
        if finite.size:
            knots[:, column], _ = quantile_table(finite, len(knots), distinct=False)
    return knots


def quantile_ranks(X: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Return the rank of each value of X (n, d) in its column: float64 (n, d) in [0, 1], ½ where missing.

    A value on a repeated knot gets the middle of the knot's ranks, as in scikit-learn's `QuantileTransformer`. A column with
    a single knot value has rank ½ throughout.

    Args:
        X: (n, d), NaN where missing.
        knots: (k, d), as `quantile_knots` returns them.
    """
    levels = np.linspace(0, 1, len(knots))
    ranks = np.full(X.shape, 0.5)
    for column in range(X.shape[1]):
        values, points = X[:, column].astype(np.float64), knots[:, column]
        if points[0] == points[-1]:
            continue
        ranks[:, column] = np.where(np.isnan(values), 0.5, interpolate(values, points, levels, repeated=True))
    return ranks


def normal_scores(X: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Return normal scores Φ⁻¹(rank) of X (n, d): float64 (n, d) within ±3.1, 0 where missing.

    Source: https://en.wikipedia.org/wiki/Normal_score. Arguments as for `quantile_ranks`.
    """
    return normal_score(np.clip(quantile_ranks(X, knots), EDGE, 1 - EDGE))


def sample_rows(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return X (n, d), or 200,000 of its rows in their order, drawn without replacement, if it has more."""
    if len(X) <= SAMPLE:
        return X
    return X[np.sort(rng.choice(len(X), SAMPLE, replace=False))]


def quantile_table(values: np.ndarray, count: int, *, distinct: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return ascending quantiles (q,) of values (n,), none missing, and the rank (q,) of each in [0, 1].

    Args:
        values: (n,) float64; with `distinct`, n may be 0.
        count: number of quantiles; with `distinct`, at most as many.
        distinct: False for evenly spaced quantiles, interpolated between neighbouring values: a frequent value is repeated,
            and the ranks are evenly spaced. True for values that occur, each once, with their mid-ranks: the mean of the share
            of values below and the share of values not above, so that no rank is 0 or 1.
    """
    if not distinct:
        levels = np.linspace(0, 1, count)
        return np.quantile(values, levels), levels
    ordered = np.sort(values)
    quantiles = np.unique(ordered)
    if quantiles.size > count:
        quantiles = np.unique(ordered[np.linspace(0, ordered.size - 1, count).round().astype(np.int64)])
    ranks = (np.searchsorted(ordered, quantiles, "left") + np.searchsorted(ordered, quantiles, "right")) / 2
    return quantiles, ranks / max(ordered.size, 1)


def interpolate(values: np.ndarray, points: np.ndarray, targets: np.ndarray, *, repeated: bool) -> np.ndarray:
    """Return the targets (q,) at the points (q,), ascending, linearly interpolated at values (n,); constant outside the points.

    Args:
        values: (n,) float64.
        points: (q,), the quantiles.
        targets: (q,), ascending: their ranks or scores.
        repeated: whether points may repeat: a value on a repeated point gets the mean of its first and its last target.
    """
    below = np.interp(values, points, targets)
    if not repeated:
        return below
    above = -np.interp(-values, -points[::-1], -targets[::-1])
    return (below + above) / 2


def normal_score(ranks: np.ndarray) -> np.ndarray:
    """Return the standard normal quantiles Φ⁻¹ of ranks in [0, 1], of any shape; 0 and 1 give ±infinity."""
    from scipy.special import ndtri

    scores: np.ndarray = ndtri(ranks)
    return scores


def clip_infinite(values: np.ndarray) -> np.ndarray:
    """Return values float64 with ±infinity as ±the largest float32, which leaves every rank as it is."""
    return np.clip(values.astype(np.float64), -LARGEST, LARGEST)

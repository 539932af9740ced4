"""How much scores and features of one snapshot differ in distribution from those of the one before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BINS = 10
SMOOTHING = 0.5  # rows added to each bin, so that an empty one has a finite logarithm
SOME, LARGE = 0.1, 0.25
"""From which index on a shift is called some, and large: the usual rule of thumb (Siddiqi 2006, Credit Risk Scorecards)."""


def population_stability_index(before: np.ndarray, now: np.ndarray, bins: int = BINS) -> float:
    """Return the population stability index of values now (m,) against values before (n,); NaN is a bin of its own.

    PSI = Σ (q - p) ln(q / p) over bins, p and q the shares of before and now in a bin: the symmetric Kullback-Leibler divergence
    of the two (Siddiqi 2006, Credit Risk Scorecards; Kullback and Leibler 1951). Bins are quantiles of `before`, and
    fewer where values repeat. Two samples of one distribution have about (bins - 1) (1/n + 1/m) (Yurdakul and Naranjo 2020,
    Journal of Risk Model Validation 14).

    Raises:
        ValueError: one of them has no values.
    """
    if not len(before) or not len(now):
        raise ValueError("the population stability index needs values before and now")
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else np.array([])
    shares = []
    for values in (before, now):
        is_missing = np.isnan(values)
        counts = np.bincount(np.searchsorted(edges, values[~is_missing], side="left"), minlength=len(edges) + 1)
        smoothed = np.append(counts, is_missing.sum()) + SMOOTHING
        shares.append(smoothed / smoothed.sum())
    p, q = shares
    return float(((q - p) * np.log(q / p)).sum())


def drift_of_columns(names: Sequence[str], before: np.ndarray, now: np.ndarray) -> dict[str, float]:
    """Return name → index of the columns of before (n, d) and now (m, d), the most changed first."""
    found = {name: population_stability_index(before[:, i], now[:, i]) for i, name in enumerate(names)}
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

"""95 % intervals of proportions of rows that are not independent."""

from __future__ import annotations

import numpy as np

Z = 1.959963984540054  # 97.5th percentile of the standard normal distribution


def wilson(rate: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the 95 % score interval (Wilson 1927) of proportions `rate` of `count` cases; its width is never 0.

    Args:
        rate, count: of one shape; `count` is positive and may be a number of effective cases, not a whole number.
    """
    z2 = Z**2 / count
    middle, half = (rate + z2 / 2) / (1 + z2), Z * np.sqrt(rate * (1 - rate) / count + z2 / (4 * count)) / (1 + z2)
    return np.minimum(np.maximum(middle - half, 0), rate), np.maximum(np.minimum(middle + half, 1), rate)


def effective_addresses(groups: np.ndarray) -> float:
    """Return Kish's number of addresses of rows with addresses groups (n,), n > 0: fewer than there are if their rows differ."""
    rows = np.unique(groups, return_counts=True)[1]
    return float(rows.sum() ** 2 / (rows**2).sum())

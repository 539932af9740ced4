"""Divides training rows by address: into folds, or into a part to fit and a hold-out to stop early by."""

from __future__ import annotations

from typing import Literal

import numpy as np


def grouped_folds(y: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return the fold int64 (n,) of each row, 0 to folds - 1: an address is in one fold, and classes are balanced.

    Addresses are shuffled within their class (risky if any of their rows is) and dealt out by their number of rows.
    scikit-learn's StratifiedGroupKFold deals one address at a time in Python: seconds at 100,000 of them, where this takes
    a hundredth of one.

    Args:
        y: (n,) in [0, 1]; at least 0.5 is risky.
        groups: (n,) equal for rows of one address.
        folds: number of folds.
        seed: of the shuffle.
    """
    codes, sizes, risky = _addresses(y, groups)
    order = np.random.default_rng(seed).permutation(len(sizes))
    fold_of = np.empty(len(sizes), dtype=np.int64)
    for of_class in (order[risky[order]], order[~risky[order]]):
        fold_of[of_class] = _rows_before(sizes[of_class]) * folds // max(1, int(sizes[of_class].sum()))
    fold: np.ndarray = fold_of[codes]
    return fold


def hold_out(
    y: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
    *,
    share: float,
    min_addresses: int,
    of: Literal["rows", "addresses"] = "rows",
) -> np.ndarray:
    """Return which rows bool (n,) to hold out: whole addresses, about the same share of each class; none if too few.

    Args:
        y: (n,) in [0, 1]; at least 0.5 is risky.
        groups: (n,) equal for rows of one address.
        rng: what addresses are drawn with.
        share: of each class that is held out, in (0, 1).
        min_addresses: of each class on either side; with fewer, no row is held out.
        of: what share and classes are of. `rows`: all addresses are shuffled together, and those of a class are held out until
            they have the share of its rows; an address with rows of both classes counts for both. `addresses`: each class is
            shuffled by itself, and the share of its addresses is held out; an address is risky if any of its rows is.
    """
    codes, sizes, risky = _addresses(y, groups)
    held = np.zeros(len(sizes), dtype=bool)
    if of == "addresses":
        for label in (False, True):
            of_class = np.flatnonzero(risky == label)
            size = round(of_class.size * share)
            if min(size, of_class.size - size) < min_addresses:
                return np.zeros(len(y), dtype=bool)
            held[rng.permutation(of_class)[:size]] = True
        return held[codes]
    order = rng.permutation(len(sizes))
    for of_class in (order[risky[order]], order[~risky[order]]):
        held[of_class] = _rows_before(sizes[of_class]) / max(1, int(sizes[of_class].sum())) < share
    chosen = held[codes]
    counts = [
        np.unique(codes[(chosen == side) & ((y >= 0.5) == label)]).size for side in (True, False) for label in (True, False)
    ]
    return chosen if min(counts) >= min_addresses else np.zeros(len(y), dtype=bool)


def _addresses(y: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the address (n,) of each row as a number below a, and the rows (a,) and class (a,) of each address."""
    codes = np.unique(groups, return_inverse=True)[1].reshape(-1)
    return codes, np.bincount(codes), np.bincount(codes, weights=y >= 0.5) > 0


def _rows_before(sizes: np.ndarray) -> np.ndarray:
    return np.cumsum(sizes) - sizes

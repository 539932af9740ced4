"""The rows a trainer is given: checked once, the same way for every trainer, and divided by address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.errors import NotEnoughLabelsError, UsageError

if TYPE_CHECKING:
    import pandas as pd

MIN_SIDE = 10  # addresses of the rarer class that a held-out part needs before anything is decided by it


@dataclass(frozen=True)
class Rows:
    """Rows to train on: X float32 (n, d), y float32 (n,) in [0, 1], weight float32 (n,) or None, groups int64 (n,)."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def at(self, rows: np.ndarray) -> Rows:
        """Return some of the rows, by number."""
        return Rows(self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows], self.groups[rows])

    @property
    def weights(self) -> np.ndarray:
        """(n,) float64: the weights, or ones."""
        return np.ones(len(self.y)) if self.weight is None else self.weight.astype(np.float64)


def training_rows(X: pd.DataFrame, y: Any, sample_weights: Any = None, groups: Any = None) -> Rows:
    """Return the rows that count, those of zero weight left out; X is not copied unless some are.

    Args:
        X: (n, d) numbers; float32 in one block is used as it stands.
        y: (n,) in [0, 1].
        sample_weights: (n,), none below 0; None for ones.
        groups: (n,) equal for rows of one address; None when each row stands alone.

    Raises:
        UsageError: lengths differ, a label is no number in [0, 1], or a weight is below 0 or not finite.
        NotEnoughLabelsError: all rows that count have one label.
    """
    matrix = matrix_of(X)
    label = np.asarray(y, dtype=np.float32).reshape(-1)
    weight = None if sample_weights is None else np.asarray(sample_weights, dtype=np.float32).reshape(-1)
    codes = np.arange(len(label)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
    lengths = {len(matrix), len(label), len(codes)} | ({len(weight)} if weight is not None else set())
    if len(lengths) > 1:
        raise UsageError(f"X, y, weights and groups have different lengths: {', '.join(map(str, sorted(lengths)))}.")
    if not ((label >= 0) & (label <= 1)).all():
        raise UsageError("Labels must be numbers in [0, 1]; leave out the rows that have none.")
    if weight is not None:
        if not (np.isfinite(weight) & (weight >= 0)).all():
            raise UsageError("Sample weights must be finite and not below 0.")
        if not weight.all():
            kept = np.flatnonzero(weight)
            matrix, label, weight, codes = matrix[kept], label[kept], weight[kept], codes[kept]
    require_both_classes(label)
    return Rows(matrix, label, weight, codes)


def matrix_of(X: pd.DataFrame) -> np.ndarray:
    """Return X as float32 (n, d), without copying a frame of one float32 block."""
    return np.asarray(X, dtype=np.float32)


def require_both_classes(y: np.ndarray, weight: np.ndarray | None = None) -> None:
    """Refuse labels y (n,) that, where the weight is above 0, are all the same.

    Raises:
        NotEnoughLabelsError: there is nothing to tell apart.
    """
    counted = y if weight is None else y[weight > 0]
    if not len(counted):
        raise NotEnoughLabelsError("Training needs labelled rows of both classes; there are none with a weight above 0.")
    if counted.min() == counted.max():
        raise NotEnoughLabelsError(
            f"Training needs both classes; all {len(counted)} rows are labelled {float(counted[0]):g}; bring labels of the other."
        )


def grouped_folds(y: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return the fold (n,) of each row: an address is in one fold, and each fold has its share of either class.

    Addresses are shuffled within their class (risky when any of their rows is) and dealt out by their count of rows.
    scikit-learn's StratifiedGroupKFold deals one address at a time in Python: seconds at 100,000 of them, where this takes
    a hundredth of one.
    """
    codes = np.unique(groups, return_inverse=True)[1].reshape(-1)
    sizes = np.bincount(codes)
    risky = np.bincount(codes, weights=y >= 0.5) > 0
    order = np.random.default_rng(seed).permutation(len(sizes))
    fold_of = np.empty(len(sizes), dtype=np.int64)
    for of_class in (order[risky[order]], order[~risky[order]]):
        before = np.cumsum(sizes[of_class]) - sizes[of_class]
        fold_of[of_class] = before * folds // max(1, int(sizes[of_class].sum()))
    found: np.ndarray = fold_of[codes]
    return found


def held_out(rows: Rows, parts: int, seed: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return row numbers (fitted, held out), one part in `parts` held out by address; None when that would say too little."""
    fold = grouped_folds(rows.y, rows.groups, parts, seed)
    fitted, held = np.flatnonzero(fold > 0), np.flatnonzero(fold == 0)
    for side in (fitted, held):
        addresses = [np.unique(rows.groups[side][(rows.y[side] >= 0.5) == risky]).size for risky in (True, False)]
        if min(addresses) < MIN_SIDE:
            return None
    return fitted, held

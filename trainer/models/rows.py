"""The rows that a trainer is given, checked in one place, the same way for every trainer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.errors import NotEnoughLabelsError, UsageError
from trainer.models.in_file import rows_at

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rows:
    """Rows to train on.

    Attributes:
        X: float32 (n, d), NaN where missing.
        y: float32 (n,) in [0, 1]: a hard label is 0 or 1, a soft label anything between.
        weight: float32 (n,), above 0; None if all count the same.
        groups: int64 (n,), the number of each row's address.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def at(self, rows: np.ndarray) -> Rows:
        """Return the rows with these numbers (m,)."""
        return Rows(rows_at(self.X, rows), self.y[rows], None if self.weight is None else self.weight[rows], self.groups[rows])

    @property
    def weights(self) -> np.ndarray:
        """(n,) float64: the weights, or ones."""
        return np.ones(len(self.y)) if self.weight is None else self.weight.astype(np.float64)


def training_rows(X: pd.DataFrame, y: Any, sample_weights: Any = None, groups: Any = None) -> Rows:
    """Return the rows to train on, checked, without those of weight 0; X is copied only if some are dropped.

    Args:
        X: (n, d) numbers; a frame of one float32 block is not copied.
        y: (n,) in [0, 1].
        sample_weights: (n,), not negative; None if all rows count the same.
        groups: (n,) equal for rows of one address; None if each row has an address of its own.

    Raises:
        UsageError: lengths differ, a label is not in [0, 1], or a weight is negative or not finite.
        NotEnoughLabelsError: all rows with a weight above 0 have the same label.
    """
    matrix = matrix_of(X)
    label = np.asarray(y, dtype=np.float32).reshape(-1)
    weight = None if sample_weights is None else np.asarray(sample_weights, dtype=np.float32).reshape(-1)
    codes = np.arange(len(label)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
    lengths = {len(matrix), len(label), len(codes)} | ({len(weight)} if weight is not None else set())
    if len(lengths) > 1:
        raise UsageError(f"X, y, weights and groups have different lengths: {', '.join(map(str, sorted(lengths)))}.")
    if not ((label >= 0) & (label <= 1)).all():
        raise UsageError("Labels must be numbers in [0, 1]; drop the rows without a label.")
    if weight is not None:
        if not (np.isfinite(weight) & (weight >= 0)).all():
            raise UsageError("Sample weights must be finite and not negative.")
        if not weight.all():
            kept = np.flatnonzero(weight)
            matrix, label, weight, codes = rows_at(matrix, kept), label[kept], weight[kept], codes[kept]
    require_both_classes(label)
    return Rows(matrix, label, weight, codes)


def matrix_of(X: pd.DataFrame) -> np.ndarray:
    """Return X as float32 (n, d); a frame of one float32 block is not copied."""
    return np.asarray(X, dtype=np.float32)


def require_both_classes(y: np.ndarray, weight: np.ndarray | None = None) -> None:
    """Raise NotEnoughLabelsError unless rows with a weight above 0 have at least two different labels.

    Args:
        y: (n,) in [0, 1].
        weight: (n,); None if all rows count.

    Raises:
        NotEnoughLabelsError: no row counts, or all that do have the same label.
    """
    counted = y if weight is None else y[weight > 0]
    if not len(counted):
        raise NotEnoughLabelsError("Training needs rows of both classes, and no row has a weight above 0; check the weights.")
    if counted.min() == counted.max():
        raise NotEnoughLabelsError(
            f"Training needs both classes, and all {len(counted)} rows have the label {float(counted[0]):g}; add others."
        )

"""Matrices too large for the memory are kept in a file without a name, of which the system reads and drops what it needs to.

They hold the same values in the same order as in memory, so that a model trained on one is the same to the bit.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Literal

import numpy as np

from trainer import settings

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import DTypeLike


def new_matrix(rows: int, columns: int, order: Literal["F", "C"] = "F", dtype: DTypeLike = np.float32) -> np.ndarray:
    """Return an empty matrix (rows, columns), column-major or row-major; in a file if it is above `settings.max_matrix_bytes`."""
    size = rows * columns * np.dtype(dtype).itemsize
    if size <= settings.max_matrix_bytes():
        return np.empty((rows, columns), dtype=dtype, order=order)
    with tempfile.TemporaryFile() as file:  # the map keeps what it has, and the system frees it with the map
        file.truncate(size)
        return np.memmap(file, dtype=dtype, mode="r+", shape=(rows, columns), order=order)


def is_in_file(X: np.ndarray) -> bool:
    """Return whether a matrix, or what it is a view of, is kept in a file."""
    of: object = X
    while isinstance(of, np.ndarray):
        if isinstance(of, np.memmap):
            return True
        of = of.base
    return False


def rows_at(X: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the rows with these numbers (m,), or where bool (n,), of X (n, d): in a file if X is and they are too large."""
    if not is_in_file(X):
        return X[rows]
    numbers = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
    found = new_matrix(len(numbers), X.shape[1])
    for column in range(X.shape[1]):
        found[:, column] = X[numbers, column]
    return found


def frame_at(frame: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Return rows of a frame of one float32 block, as `rows_at`."""
    import pandas as pd

    X = frame.to_numpy()
    return pd.DataFrame(rows_at(X, rows), columns=frame.columns, copy=False) if is_in_file(X) else frame.iloc[rows]

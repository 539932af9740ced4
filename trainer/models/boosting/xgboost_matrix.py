"""XGBoost's own form of a matrix: a bin of a byte a value, in memory, or in a file where the matrix itself is in one."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.models.in_file import is_in_file

if TYPE_CHECKING:
    from pathlib import Path

    from trainer.models.rows import Rows

BLOCK_BYTES = 64 << 20
"""Memory of the rows that are read at once from a matrix in a file."""


def binned(parameters: dict[str, Any], rows: Rows, reference: Any = None) -> Any:
    """Return rows in XGBoost's own form, with the bins of another matrix if one is given; the bins are the same in a file."""
    import xgboost

    options = {"ref": reference, "max_bin": parameters.get("max_bin"), "nthread": parameters.get("nthread")}
    if not is_in_file(rows.X):
        return xgboost.QuantileDMatrix(rows.X, rows.y, weight=rows.weight, **options)
    folder = tempfile.TemporaryDirectory()
    matrix = xgboost.ExtMemQuantileDMatrix(_blocks(rows, folder.name), **options)
    matrix.folder = folder  # removed with the matrix
    return matrix


def _blocks(rows: Rows, folder: str | Path) -> Any:
    """Return an iterator of XGBoost over blocks of the rows, which keeps what it makes of them in a folder."""
    import xgboost

    size = max(1, BLOCK_BYTES // (rows.X.shape[1] * rows.X.itemsize))

    class Blocks(xgboost.DataIter):  # type: ignore[misc]
        def __init__(self) -> None:
            self.start = 0
            super().__init__(cache_prefix=f"{folder}/bins")

        def reset(self) -> None:
            self.start = 0

        def next(self, input_data: Any) -> bool:
            block = slice(self.start, self.start + size)
            if self.start >= len(rows):
                return False
            weight = {} if rows.weight is None else {"weight": rows.weight[block]}
            input_data(data=np.ascontiguousarray(rows.X[block]), label=rows.y[block], **weight)
            self.start += size
            return True

    return Blocks()

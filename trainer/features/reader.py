"""Reads a user's own features: a CSV or Parquet file with one row per address and any numeric columns.

| input | result |
|---|---|
| an empty cell, NaN, NA, null, none | missing |
| true, false (or a Parquet boolean) | 1, 0 |
| an infinity, or a number outside the range of Float32 | the row is rejected, with its reason |
| text in a column at least half of which is numbers | the row is rejected, with its reason |
| any other text, a date, a list; a column without values or without a name | the column is ignored, and reported |
| a row number (`trainer.uploads.columns`) | the column is ignored, and reported |
| a name with characters other than letters, digits and `_`, or longer than 64 | replaced by `_`; truncated |
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.errors import BadInputError
from trainer.keys import SNAPSHOT_KEY
from trainer.uploads import (
    MEBIBYTE,
    PARQUET_MAGIC,
    ROW_NUMBER,
    RowCounter,
    map_columns,
    read_csv,
    read_head,
    read_parquet,
    reason_to_leave_out,
    require_columns,
    require_size,
    text_cells,
)

if TYPE_CHECKING:
    import pandas as pd

MAX_CSV_BYTES = 256 * MEBIBYTE
MAX_UNPACKED = 4096 * MEBIBYTE
MAX_NAME = 64
KEY = (*SNAPSHOT_KEY, "address")
MISSING = ("", "nan", "na", "n/a", "null", "none")
FLAGS = {"true": 1.0, "false": 0.0}
FLOAT32_MAX = float(np.finfo(np.float32).max)


@dataclass
class FeatureFile:
    """A file's n rows, numbered from 1.

    Attributes:
        keys: those of network, processing_date, window_days and address that the file has, as text.
        values: feature → float64 (n,), NaN where missing.
        problems: row → reason, for rows with an invalid value.
        ignored: column → why it is not a feature.
        renamed: column → the name of its feature, where that differs.
    """

    keys: pd.DataFrame
    values: dict[str, np.ndarray] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)


def read_features(path: Path, columns: Mapping[str, str] | None = None, accepted: Collection[str] = ()) -> FeatureFile:
    """Read a file of features.

    Args:
        columns: our name of a column → the file's.
        accepted: columns to keep although they look like a row number.

    Raises:
        BadInputError: the file is missing, empty, cut short, binary, wrongly encoded or too large, has no column `address`,
            lacks a mapped column, or two of its columns get the same name.
    """
    cells = _load(path)
    table = {ours: cells[theirs] for ours, theirs in map_columns(path, list(cells), columns or {}).items()}
    require_columns(path, ["address"], list(table), hint="; name it with --map address=…")
    import pandas as pd

    rows = pd.RangeIndex(1, len(table["address"]) + 1, name="row")
    keys = {name: _trimmed(path, name, table.pop(name)).set_axis(rows) for name in KEY if name in table}
    file = FeatureFile(pd.DataFrame(keys, index=rows))
    for column, values in table.items():
        _add(path, file, column, values, rows.to_numpy(), accepted)
    return file


def safe_name(column: str) -> str:
    """Return a column's name with everything but letters, digits and `_` replaced, at most 64 characters; may be ''."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", column).strip("_")[:MAX_NAME]


def _load(path: Path) -> dict[str, pa.Array | list[str]]:
    """Return column → its n cells: text from a CSV file, an Arrow array from a Parquet file."""
    head = read_head(path, len(PARQUET_MAGIC))
    suffix = path.suffix.lower()
    if suffix == ".parquet" or head == PARQUET_MAGIC:
        return read_parquet(path, MAX_UNPACKED)
    if suffix != ".csv":
        raise BadInputError(f"{path} is neither a .csv nor a .parquet file.")
    require_size(path, MAX_CSV_BYTES, "a CSV file", "write it as Parquet")
    # A truncated number is still a number, so only the missing line break shows that the file was cut short.
    frame = read_csv(path)
    return {str(name): frame[name].tolist() for name in frame.columns}


def _trimmed(path: Path, name: str, cells: pa.Array | list[str]) -> pd.Series[str]:
    import pandas as pd

    texts = cells if isinstance(cells, list) else text_cells(path, name, cells)
    return pd.Series([text.strip() for text in texts], dtype=object)


def _add(
    path: Path, file: FeatureFile, column: str, cells: pa.Array | list[str], rows: np.ndarray, accepted: Collection[str]
) -> None:
    if not column.strip() or reason_to_leave_out(column, accepted) == ROW_NUMBER:
        file.ignored[column] = ROW_NUMBER if column.strip() else "has no name"
        return
    values, reasons = _numbers(cells) if isinstance(cells, list) else _typed(cells)
    if isinstance(reasons, str):
        file.ignored[column] = reasons
        return
    counter = RowCounter()
    counter.see(values)
    if counter.is_row_number and column not in accepted:
        file.ignored[column] = f"{ROW_NUMBER}: whole numbers that rise or fall from row to row"
        return
    name = safe_name(column)
    if not name:
        raise BadInputError(
            f"{path}: the name '{column[:64]}' has no ASCII letter or digit; rename the column with --map NAME='{column}'."
        )
    if name in file.values:
        raise BadInputError(f"{path}: two columns would be named '{name}'; rename one of them with --map.")
    if name != column:
        file.renamed[column] = name
    outside = np.abs(values) > FLOAT32_MAX
    for place in np.flatnonzero(outside).tolist():
        shown = "infinite" if np.isinf(values[place]) else f"{values[place]:.6g}, outside the range of Float32 (3.4e38)"
        reasons.setdefault(place, f"is {shown}")
    for place, reason in reasons.items():
        file.problems.setdefault(int(rows[place]), f"{column} {reason}")
    file.values[name] = values


def _numbers(cells: list[str]) -> tuple[np.ndarray, dict[int, str] | str]:
    """Return a text column as float64 (n,), and position → reason for invalid cells or why the column is not numeric."""
    import pandas as pd

    texts = pd.Series(cells, dtype=object)
    values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    reasons: dict[int, str] = {}
    present = len(cells)
    for place in np.flatnonzero(np.isnan(values)).tolist():
        text = cells[place].strip()
        if text.lower() in MISSING:
            present -= 1
        elif text.lower() in FLAGS:
            values[place] = FLAGS[text.lower()]
        else:
            reasons[place] = f"is '{text[:64]}', not a number"
    if not present:
        return values, "has no values"
    return values, "is not numeric" if 2 * len(reasons) > present else reasons


def _typed(cells: pa.Array) -> tuple[np.ndarray, dict[int, str] | str]:
    """Return an Arrow column as float64 (n,), and no reasons or why the column is not numeric."""
    kind = cells.type
    if pa.types.is_dictionary(kind):
        cells, kind = cells.dictionary_decode(), kind.value_type
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind)
    if not numeric and not pa.types.is_null(kind):
        return np.empty(0), f"is not numeric ({kind})"
    if pa.types.is_boolean(kind):
        cells = pc.cast(cells, pa.uint8())
    values = pc.cast(cells, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
    return values, {} if np.any(~np.isnan(values)) else "has no values"

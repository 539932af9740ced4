"""Reads a user's own features: a CSV or Parquet file with an address a row and any numeric columns.

| what is found | what happens |
|---|---|
| an empty cell, NaN, NA, null, none | missing |
| true, false (or a Parquet flag) | 1, 0 |
| an infinity, or a number that Float32 cannot hold | the row is bad, with its reason |
| text in a column of which at least half is numbers | the row is bad, with its reason |
| any other text, a date, a list; a column without a value or without a name | the column is ignored, and named |
| a name with other characters than letters, digits and `_`, or longer than 64 | those become `_`; it is cut |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.errors import BadInputError
from trainer.keys import SNAPSHOT_KEY
from trainer.uploads import MEBIBYTE, first_line, read_csv

if TYPE_CHECKING:
    import pandas as pd

MAX_CSV_BYTES = 256 * MEBIBYTE
MAX_UNPACKED = 4096 * MEBIBYTE  # a few kilobytes of Parquet can hold any amount of repeated values
MAX_COLUMNS = 1000
MAX_NAME = 64
KEY = (*SNAPSHOT_KEY, "address")
MISSING = ("", "nan", "na", "n/a", "null", "none")
FLAGS = {"true": 1.0, "false": 0.0}
FLOAT32_MAX = float(np.finfo(np.float32).max)
_INDEX = re.compile(r"|Unnamed: \d+|__index_level_\d+__")  # a DataFrame's row numbers, written along with it


@dataclass
class FeatureFile:
    """A file's n rows, numbered from 1.

    Attributes:
        keys: what the file has of network, processing_date, window_days and address, as text.
        values: name → float64 (n,), NaN where missing.
        problems: row → what is wrong with a value of it.
        ignored: column → why it is no feature.
        renamed: column → the name it got.
    """

    keys: pd.DataFrame
    values: dict[str, np.ndarray] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)


def read_features(path: Path, columns: Mapping[str, str] | None = None) -> FeatureFile:
    """Read a file of features.

    Args:
        columns: our name of a column → the file's.

    Raises:
        BadInputError: the file is missing, empty, cut, binary, wrongly encoded or too large, has no column `address`, lacks a
            mapped column, or two of its columns have one name.
    """
    table = _renamed(path, _load(path), columns or {})
    if "address" not in table:
        raise BadInputError(f"{path} has no column address; it has: {', '.join(table)[:500]}; name it with --map address=….")
    if len(table) > MAX_COLUMNS:
        raise BadInputError(f"{path} has {len(table)} columns; at most {MAX_COLUMNS} can be read, split it.")
    import pandas as pd

    rows = pd.RangeIndex(1, len(table["address"]) + 1, name="row")
    keys = {name: pd.Series(_as_text(table.pop(name)), index=rows, dtype=object) for name in KEY if name in table}
    file = FeatureFile(pd.DataFrame(keys, index=rows))
    for column, cells in table.items():
        _add(path, file, column, cells, rows.to_numpy())
    return file


def safe_name(column: str) -> str:
    """Return a name of letters, digits and `_`, at most 64 long; '' where nothing of it is left."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", column).strip("_")[:MAX_NAME]


def _load(path: Path) -> dict[str, pa.Array | list[str]]:
    """Return column → its cells: texts of a CSV file, or an Arrow array."""
    if not path.is_file():
        raise BadInputError(f"There is no file {path}.")
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(4)
            stream.seek(max(size - 1, 0))
            end = stream.read(1)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error
    if not size:
        raise BadInputError(f"{path} is empty.")
    if path.suffix.lower() == ".parquet" or head == b"PAR1":
        return _load_parquet(path)
    if path.suffix.lower() != ".csv":
        raise BadInputError(f"{path} is neither a .csv nor a .parquet file.")
    if size > MAX_CSV_BYTES:
        raise BadInputError(f"{path} has {size / MEBIBYTE:.0f} MiB; a CSV file has at most 256, write it as Parquet.")
    frame = read_csv(path)
    # A number cut short is still a number: nothing else would tell that the file was not whole.
    if end not in b"\r\n":
        raise BadInputError(
            f"{path} may have been cut short: its last line has no end; if it is whole, end it with a line break."
        )
    return {str(name): frame[name].tolist() for name in frame.columns}


def _load_parquet(path: Path) -> dict[str, pa.Array | list[str]]:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            if len(set(names)) < len(names):
                raise BadInputError(f"{path} has a column more than once: {', '.join(names)[:200]}.")
            batches, unpacked = [], 0
            for batch in file.iter_batches():
                unpacked += batch.nbytes
                if unpacked > MAX_UNPACKED:
                    raise BadInputError(f"{path} unpacks to more than {MAX_UNPACKED // MEBIBYTE} MiB; split it.")
                batches.append(batch)
            table = pa.Table.from_batches(batches, file.schema_arrow)
            return {name: table[name].combine_chunks() for name in names}
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        raise BadInputError(f"{path} is not a Parquet file that can be read ({first_line(error)}).") from error


def _renamed(path: Path, table: dict[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    if missing := [name for name in columns.values() if name not in table]:
        raise BadInputError(f"{path} has no column {', '.join(missing)}; it has: {', '.join(table)[:500]}.")
    # A column may serve twice, and one of ours that the file happens to have gives way to what is mapped to it.
    kept = {name: cells for name, cells in table.items() if name not in {*columns, *columns.values()}}
    return kept | {ours: table[theirs] for ours, theirs in columns.items()}


def _as_text(cells: pa.Array | list[str]) -> list[str]:
    values = cells if isinstance(cells, list) else cells.to_pylist()
    return ["" if value is None else str(value).strip() for value in values]


def _add(path: Path, file: FeatureFile, column: str, cells: pa.Array | list[str], rows: np.ndarray) -> None:
    if _INDEX.fullmatch(column.strip()):
        file.ignored[column] = "has no name" if not column.strip() else "is the number of the row"
        return
    values, reasons = _numbers(cells) if isinstance(cells, list) else _typed(cells)
    if isinstance(reasons, str):
        file.ignored[column] = reasons
        return
    name = safe_name(column)
    if not name:
        raise BadInputError(
            f"{path}: nothing of the name '{column[:64]}' can be kept; rename the column with --map NAME='{column}'."
        )
    if name in file.values:
        raise BadInputError(f"{path}: two columns would be called '{name}'; rename one of them with --map.")
    if name != column:
        file.renamed[column] = name
    outside = np.abs(values) > FLOAT32_MAX
    for place in np.flatnonzero(outside).tolist():
        shown = "infinite" if np.isinf(values[place]) else f"{values[place]:.6g}, larger than Float32 holds (3.4e38)"
        reasons.setdefault(place, f"is {shown}")
    for place, reason in reasons.items():
        file.problems.setdefault(int(rows[place]), f"{column} {reason}")
    file.values[name] = values


def _numbers(cells: list[str]) -> tuple[np.ndarray, dict[int, str] | str]:
    """Return a text column as float64 (n,) and place → what is wrong with its text, or why the column is none of numbers."""
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
        return values, "has no value"
    return values, "is not numeric" if 2 * len(reasons) > present else reasons


def _typed(cells: pa.Array) -> tuple[np.ndarray, dict[int, str] | str]:
    """Return an Arrow column as float64 (n,) and no reasons, or why it is none of numbers."""
    kind = cells.type
    if pa.types.is_dictionary(kind):
        cells, kind = cells.dictionary_decode(), kind.value_type
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind)
    if not numeric and not pa.types.is_null(kind):
        return np.empty(0), f"is not numeric ({kind})"
    if pa.types.is_boolean(kind):
        cells = pc.cast(cells, pa.uint8())
    values = pc.cast(cells, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
    return values, {} if np.any(~np.isnan(values)) else "has no value"

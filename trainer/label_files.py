"""Readers of label-list files, registered by entry point (group `trainer.label_formats`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError, UsageError

if TYPE_CHECKING:
    import pandas as pd

ENTRY_POINT_GROUP = "trainer.label_formats"
AUTO = "auto"


@dataclass(frozen=True)
class LabelFormat:
    """A format of label list.

    `read` returns the file's rows, in order, as a DataFrame of text in columns of `raw_address_labels` ('' for missing);
    it raises BadInputError for a file it cannot read.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], pd.DataFrame]


def read_labels(path: Path, name: str = AUTO) -> pd.DataFrame:
    """Return the rows of a label file as text; `auto` chooses the format by the file's suffix.

    Raises:
        UsageError: there is no such format.
        BadInputError: the file does not exist, cannot be read, or has a suffix of no format.
    """
    known = formats()
    if name != AUTO and name not in known:
        raise UsageError(f"There is no label format '{name}'; there are: {', '.join(known)}.")
    if not path.is_file():
        raise BadInputError(f"There is no file {path}.")
    if name == AUTO:
        fitting = [found for found in known.values() if path.suffix.lower() in found.suffixes]
        if not fitting:
            raise BadInputError(
                f"{path}: no label format reads '{path.suffix}' files; give --format, one of: {', '.join(known)}."
            )
        return fitting[0].read(path)
    return known[name].read(path)


def formats() -> dict[str, LabelFormat]:
    """Return the registered formats by name."""
    points = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)
    return {point.name: point.load() for point in points}


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise BadInputError(f"{path} is not a CSV file in UTF-8 ({_first_line(error)}).") from error
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes surplus fields for an index and shifts every column
        raise BadInputError(f"{path}: its rows have more fields than its header has names.")
    return frame.fillna("")


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
        columns = {
            name: ["" if value is None else str(value) for value in table[name].to_pylist()] for name in table.column_names
        }
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        raise BadInputError(f"{path} is not a Parquet file that can be read ({_first_line(error)}).") from error
    return pd.DataFrame(columns, dtype=str)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


CSV = LabelFormat("csv", (".csv",), _read_csv)
PARQUET = LabelFormat("parquet", (".parquet",), _read_parquet)

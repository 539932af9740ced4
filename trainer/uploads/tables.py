"""Reads a user's text and CSV files: bounded, strict, and with one kind of error."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError

if TYPE_CHECKING:
    import pandas as pd

MEBIBYTE = 1024 * 1024


def first_line(error: Exception) -> str:
    """Return the first line of what an error says."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def read_text(path: Path, what: str) -> str:
    """Return a file's text.

    Raises:
        BadInputError: it is not UTF-8, or binary.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not {what} in UTF-8 ({first_line(error)}).") from error
    if "\x00" in text:
        raise BadInputError(f"{path} is not {what}: it is binary.")
    return text


def read_csv(path: Path) -> pd.DataFrame:
    """Return a CSV file's rows; every row must have as many fields as the header, or the file was cut or is not CSV."""
    import pandas as pd

    text = read_text(path, "a CSV file")
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if not any(header):
            raise BadInputError(f"{path} is not a CSV file: it has no header.")
        if len(set(header)) < len(header):
            raise BadInputError(f"{path} has a column more than once: {', '.join(header)[:200]}.")
        columns: list[list[str]] = [[] for _ in header]
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise BadInputError(
                    f"{path}, line {rows.line_num}: {len(row)} fields where its header has {len(header)}; "
                    "is the file whole, and are texts with commas in quotes?"
                )
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    except csv.Error as error:
        raise BadInputError(f"{path}, line {rows.line_num}, is not CSV ({first_line(error)}).") from error
    return pd.DataFrame(dict(zip(header, columns, strict=True)), dtype=object)

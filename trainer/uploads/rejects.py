"""Refuses a file with bad rows, or writes the bad rows beside it with their reasons."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ROWS = 10
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
MAX_FILES = 100  # rejects files beside one file


def refusal(path: Path, reasons: Mapping[int, str], rows: int) -> BadInputError:
    """Return the error for a file of `rows` rows of which those in `reasons` (row number → reason) are bad."""
    shown = "; ".join(f"row {row}: {reasons[row]}" for row in sorted(reasons)[:SHOWN_ROWS])
    more = f"; and {len(reasons) - SHOWN_ROWS} more rows" if len(reasons) > SHOWN_ROWS else ""
    return BadInputError(
        f"{path}: {len(reasons)} of {rows} rows are bad, nothing was loaded: {shown}{more}; "
        "correct them, or load the others with --skip-bad."
    )


@contextmanager
def rejected_rows(
    path: Path, frame: pd.DataFrame, reasons: Mapping[int, str], to: Path | None = None, *, is_wanted: bool
) -> Iterator[str | None]:
    """Write the rows in `reasons` (row number → reason) to a new file and yield its path, None without any or if not wanted.

    If the block fails, what was not loaded is not written either: the file is removed. Cells that a spreadsheet would take for a
    formula get a leading `'`. A file with the same content is kept; other files are never overwritten.

    Args:
        frame: the file's rows, by row number.
        to: a folder or a new file to write to; by default `<file>.rejects.csv` beside the file, with a number if that exists.

    Raises:
        BadInputError: the file cannot be written.
    """
    if not is_wanted or not reasons:
        yield None
        return
    rejects, is_new = _written(path, to, _content(frame, reasons))
    try:
        yield str(rejects)
    except BaseException:
        if is_new:
            rejects.unlink(missing_ok=True)
        raise


def _content(frame: pd.DataFrame, reasons: Mapping[int, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["row", *map(_defused, frame.columns), "reason"])
    bad = frame[frame.index.isin(reasons)]
    for row, cells in zip(bad.index, bad.itertuples(index=False, name=None), strict=True):
        writer.writerow([row, *map(_defused, cells), _defused(reasons[int(row)])])
    return text.getvalue().encode("utf-8", "backslashreplace")


def _written(path: Path, to: Path | None, content: bytes) -> tuple[Path, bool]:
    """Write the content to the first free name; return it, and whether it is new."""
    folder = path.parent if to is None else to
    is_folder = to is None or folder.is_dir()
    names = (f"{path.name}.rejects.csv", *(f"{path.name}.{number}.rejects.csv" for number in range(2, MAX_FILES + 1)))
    for rejects in [folder / name for name in names] if is_folder else [folder]:
        try:
            descriptor = os.open(rejects, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
            except BaseException:
                rejects.unlink(missing_ok=True)
                raise
        except FileExistsError:
            if not rejects.is_symlink() and rejects.is_file() and rejects.read_bytes() == content:
                return rejects, False
        except OSError as error:
            raise BadInputError(
                f"{rejects} cannot be written ({error.strerror}), nothing was loaded; name another file or folder with --rejects."
            ) from error
        else:
            return rejects, True
    raise BadInputError(f"{rejects} exists already, nothing was loaded; name a new file with --rejects.")


def _defused(cell: object) -> object:
    """Return a text that a spreadsheet would run as a formula behind an apostrophe, '' for a missing value, else the cell."""
    if cell is None or cell != cell:  # noqa: PLR0124  NaN
        return ""
    is_formula = isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if is_formula else cell

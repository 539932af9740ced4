"""Refuses a file with bad rows, or writes the bad rows beside it with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError

if TYPE_CHECKING:
    import pandas as pd

SHOWN_ROWS = 10


def refusal(path: Path, reasons: Mapping[int, str], rows: int) -> BadInputError:
    """Return the error for a file of `rows` rows of which those in `reasons` (row number → reason) are bad."""
    shown = "; ".join(f"row {row}: {reasons[row]}" for row in sorted(reasons)[:SHOWN_ROWS])
    more = f"; and {len(reasons) - SHOWN_ROWS} more rows" if len(reasons) > SHOWN_ROWS else ""
    return BadInputError(
        f"{path}: {len(reasons)} of {rows} rows are bad, nothing was loaded: {shown}{more}; "
        "correct them, or load the others with --skip-bad."
    )


def write_rejects(path: Path, frame: pd.DataFrame, reasons: Mapping[int, str]) -> str | None:
    """Write the rows in `reasons` (row number → reason) to `<file>.rejects.csv` and return its path; None without any.

    Args:
        frame: the file's rows, by row number.

    Raises:
        BadInputError: the file cannot be written.
    """
    if not reasons:
        return None
    rejects = path.with_name(path.name + ".rejects.csv")
    bad = frame[frame.index.isin(reasons)]
    try:
        bad.assign(reason=[reasons[int(row)] for row in bad.index]).to_csv(rejects)
    except OSError as error:
        raise BadInputError(f"{rejects} cannot be written ({error.strerror}), nothing was loaded.") from error
    return str(rejects)

"""The user's own labels as CSV, in the columns of `raw_address_labels`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.addresses import is_of_another
from trainer.labels.formats.base import LabelFormat, shape_error
from trainer.uploads import read_csv

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a CSV table of labels"


def _read(path: Path) -> pd.DataFrame:
    frame = read_csv(path)
    header = list(frame.columns)
    if any(is_of_another(name, "") for name in header):
        raise shape_error(path, WHAT, "its first line has an address; add a header such as 'address,risk_level'")
    if len(header) == 1 and (separator := next((one for one in ";\t|" if one in header[0]), None)):
        raise shape_error(path, WHAT, f"its columns are separated by {separator!r}; save it with commas")
    return frame


def _recognises(path: Path, head: bytes) -> bool:  # noqa: ARG001  the content may be any table
    return path.suffix.lower() == ".csv"


CSV = LabelFormat("csv", _recognises, _read, description="your own labels as CSV")

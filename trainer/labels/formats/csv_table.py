"""The user's own labels as CSV, in the columns of `raw_address_labels`."""

from __future__ import annotations

from pathlib import Path

from trainer.labels.formats.base import LabelFormat
from trainer.uploads import read_csv


def _recognises(path: Path, head: bytes) -> bool:  # noqa: ARG001  the content may be any table
    return path.suffix.lower() == ".csv"


CSV = LabelFormat("csv", _recognises, read_csv)

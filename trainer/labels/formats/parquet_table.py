"""The user's own labels as Parquet, in the columns of `raw_address_labels`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.labels.formats.base import LabelFormat
from trainer.uploads import MEBIBYTE, PARQUET_MAGIC, read_parquet, text_cells

if TYPE_CHECKING:
    import pandas as pd

MAX_UNPACKED = 512 * MEBIBYTE


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    columns = read_parquet(path, MAX_UNPACKED)
    return pd.DataFrame({name: text_cells(path, name, cells) for name, cells in columns.items()}, dtype=object)


def _recognises(path: Path, head: bytes) -> bool:
    return path.suffix.lower() == ".parquet" or head.startswith(PARQUET_MAGIC)


PARQUET = LabelFormat("parquet", _recognises, _read, description="your own labels as Parquet")

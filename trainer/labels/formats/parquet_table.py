"""The user's own labels as Parquet, in the columns of `raw_address_labels`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError
from trainer.labels.formats.base import LabelFormat
from trainer.uploads import MEBIBYTE, first_line

if TYPE_CHECKING:
    import pandas as pd

MAX_UNPACKED = 512 * MEBIBYTE  # a few kilobytes of Parquet can hold any amount of repeated text


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            if len(set(names)) < len(names):
                raise BadInputError(f"{path} has a column more than once: {', '.join(names)[:200]}.")
            columns: dict[str, list[str]] = {name: [] for name in names}
            unpacked = 0
            for batch in file.iter_batches(batch_size=8192):
                unpacked += batch.nbytes
                if unpacked > MAX_UNPACKED:
                    raise BadInputError(f"{path} unpacks to more than {MAX_UNPACKED // MEBIBYTE} MiB; split it.")
                for name, values in columns.items():
                    values.extend("" if value is None else str(value) for value in batch.column(name).to_pylist())
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        raise BadInputError(f"{path} is not a Parquet file that can be read ({first_line(error)}).") from error
    return pd.DataFrame(columns, dtype=object)


def _recognises(path: Path, head: bytes) -> bool:
    return path.suffix.lower() == ".parquet" or head.startswith(b"PAR1")


PARQUET = LabelFormat("parquet", _recognises, _read)

"""Limits on what a small file may become: refused from its metadata, or while it is unpacked, before memory runs out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MEBIBYTE = 1024 * 1024
# Every row has an address or another key of its own, which does not compress to less.
MIN_ROWS, ROWS_PER_BYTE = 200_000, 2
# Columns of constants compress well, a text that is repeated a million times better than any data do.
MIN_UNPACKED, UNPACKED_PER_BYTE = 64 * MEBIBYTE, 200
MAX_COLUMNS = 1000
MAX_TEXT = 256 * MEBIBYTE
"""Characters in all cells of a list of text."""


def require_plausible_rows(path: Path, rows: int) -> None:
    """Refuse a file with more rows than its size can hold different ones.

    Raises:
        BadInputError: as the name says.
    """
    limit = max(MIN_ROWS, ROWS_PER_BYTE * path.stat().st_size)
    if rows > limit:
        raise BadInputError(
            f"{path} has {rows} rows in {path.stat().st_size} bytes, more than data can have; nothing of it was read."
        )


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open a Parquet file whose texts stay packed as dictionaries, so that they can be counted before they are unpacked.

    Raises:
        BadInputError: it has more rows than its size can hold.
        pyarrow.ArrowException, OSError: it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    require_plausible_rows(path, metadata.num_rows)
    texts = [field.name for field in pq.read_schema(path) if pa.types.is_string(field.type) or pa.types.is_binary(field.type)]
    return pq.ParquetFile(path, read_dictionary=texts)


def unpacked_limit(path: Path, most: int) -> int:
    """Return how many bytes a file may unpack to: `most`, or less for a small file."""
    return min(most, max(MIN_UNPACKED, UNPACKED_PER_BYTE * path.stat().st_size))


def unpacked_bytes(batch: pa.RecordBatch) -> int:
    """Return the size of a batch once its dictionaries are unpacked."""
    import pyarrow as pa
    import pyarrow.compute as pc

    total = 0
    for column in batch.columns:
        total += column.nbytes
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary) if len(column.dictionary) else column.dictionary
            total += pc.sum(pc.cast(lengths, pa.int64()).take(column.indices)).as_py() or 0 if len(lengths) else 0
    return total


def decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch without dictionaries."""
    import pyarrow as pa

    columns = [column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)

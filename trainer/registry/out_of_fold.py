"""The predictions that a model was evaluated with, kept in its folder: `out_of_fold.parquet`, a row per training row."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from trainer.errors import ArtifactError

if TYPE_CHECKING:
    from trainer.registry.meta import ModelMeta

OUT_OF_FOLD_FILE = "out_of_fold.parquet"
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("address", pa.string()),  # null where a row has several: a cluster
        pa.field("address_group", pa.int64(), nullable=False),  # equal for rows that are not independent
        pa.field("processing_date", pa.date32(), nullable=False),
        pa.field("fold", pa.int16(), nullable=False),  # the fold that tests the row, from 1; 0: none does
        pa.field("label", pa.float32(), nullable=False),
        pa.field("gold", pa.float32()),
        pa.field("weight", pa.float32(), nullable=False),
        pa.field("label_source", pa.string()),
        pa.field("raw", pa.float64()),
        pa.field("calibrated", pa.float64()),
        pa.field("typology", pa.string()),
        pa.field("severity", pa.float32()),
        pa.field("cluster_size", pa.float32()),
        pa.field("network", pa.string()),  # null for a model of one network
    ]
)
_EARLIER = pa.schema([field for field in SCHEMA if field.name != "network"])
"""Columns of files that earlier versions wrote."""
PROBABILITIES = ("label", "gold", "raw", "calibrated")
MAX_FILE_BYTES = 4 * 1024**3
MAX_UNPACKED_BYTES_PER_ROW = 4096  # far above what ids, addresses and names need
MAX_TEXT_METADATA, MAX_METADATA_ITEMS = 1 << 20, 1 << 20


def write_out_of_fold(table: pa.Table, path: Path) -> None:
    """Write a table of SCHEMA."""
    import pyarrow.parquet as pq

    pq.write_table(table.cast(SCHEMA), path, compression="zstd", store_schema=False)


def read_out_of_fold(folder: Path, meta: ModelMeta) -> pa.Table | None:
    """Return the n rows of SCHEMA kept with a model, None for a model that was saved without them by an earlier version.

    Raises:
        ArtifactError: the file is missing, altered, too large, or does not hold what the columns mean.
    """
    if meta.out_of_fold_sha256 is None:
        return None
    path = folder / OUT_OF_FOLD_FILE
    if not path.is_file() or path.is_symlink():
        raise ArtifactError(f"The model in {folder} lacks its file {OUT_OF_FOLD_FILE}; train it again or restore the file.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ArtifactError(f"{path} is larger than any {OUT_OF_FOLD_FILE} can be.")
    with path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != meta.out_of_fold_sha256:
            raise ArtifactError(f"{path} is not the file that was saved; train the model again or restore it.")
    try:
        table = _checked_table(path, meta.n_train)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ArtifactError(f"{path} cannot be read: {str(error).splitlines()[0][:200]}.") from error
    return table


def _checked_table(path: Path, count: int) -> pa.Table:
    """Read a file of `count` rows; raises ValueError for one that is not what `write_out_of_fold` writes."""
    import pyarrow.parquet as pq

    limits = {"thrift_string_size_limit": MAX_TEXT_METADATA, "thrift_container_size_limit": MAX_METADATA_ITEMS}
    with pq.ParquetFile(path, **limits) as file:
        found = file.metadata
        if found.num_rows != count:
            raise ValueError(f"it has {found.num_rows} rows, and the model was trained on {count}")
        unpacked = sum(found.row_group(number).total_byte_size for number in range(found.num_row_groups))
        if unpacked > MAX_UNPACKED_BYTES_PER_ROW * (count + 1):
            raise ValueError("it unpacks to more than its rows can hold")
        if not (file.schema_arrow.equals(SCHEMA) or file.schema_arrow.equals(_EARLIER)):
            raise ValueError("it has other columns")
        table = file.read()
    if "network" not in table.column_names:
        table = table.append_column(SCHEMA.field("network"), pa.nulls(count, pa.string()))
    table.validate(full=True)
    for name in PROBABILITIES:
        inside = pc.all(pc.and_(pc.greater_equal(table[name], 0), pc.less_equal(table[name], 1)), skip_nulls=True).as_py()
        if inside is False:
            raise ValueError(f"a value of {name} is no probability")
    if count and pc.min(table["fold"]).as_py() < 0:
        raise ValueError("a fold is below 0")
    return table

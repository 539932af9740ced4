"""Writes the simulated files and their META.json with checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

SCHEMA_VERSION = "2025-10"


def write_parquet(tables: Iterable[pa.Table], path: Path) -> int:
    """Write tables of one schema to one file, at least one row group per table, and return the number of rows.

    Raises:
        ValueError: there are no tables.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rows, writer = 0, None
    for table in tables:
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1)
        writer.write_table(table, row_group_size=250_000)
        rows += table.num_rows
    if writer is None:
        raise ValueError(f"nothing to write to {path}")
    writer.close()
    return rows


def write_csv(table: pa.Table, path: Path) -> int:
    """Write a table with a header line and return the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = pa.csv.WriteOptions(quoting_style="needed")
    pa.csv.write_csv(table, path, options)
    return table.num_rows


def write_meta(folder: Path, network: str, processing_date: str, window_days: int, counts: dict[str, int]) -> None:
    """Write the ``META.json`` of a snapshot: its key, row counts and ``files[name].md5``, as in the October export."""
    meta = {
        "schema_version": SCHEMA_VERSION,
        "network": network,
        "processing_date": processing_date,
        "window_days": window_days,
        "counts": counts,
        "files": {f"{name}.parquet": {"md5": _md5(folder / f"{name}.parquet"), "rows": rows} for name, rows in counts.items()},
    }
    (folder / "META.json").write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()

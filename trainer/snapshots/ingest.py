"""Loads snapshot folders into the raw tables: checked first, streamed in batches, published atomically per table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from trainer.errors import BadInputError, user_code
from trainer.keys import SnapshotKey
from trainer.snapshots.conform import Conformer
from trainer.snapshots.reader import SnapshotFile, damaged, find_folders, key_of, parquet_rows, shape_of, verify
from trainer.warehouse import create_tables, drop_partition, exclusive, load, publish, side_table

if TYPE_CHECKING:
    from trainer.warehouse import Client

BATCH_ROWS = 65_536
Progress = Callable[[str, int, int], None]


@dataclass
class Ingested:
    """The result of loading one snapshot folder.

    Attributes:
        folder, shape, key: the folder, the name of its shape, and its snapshot.
        rows: table → rows loaded.
        changes: file → change → number of rows or values, see `trainer.snapshots.conform`.
        dropped: file → columns that were not loaded.
        ignored: file stem → why the file was not loaded.
    """

    folder: Path
    shape: str
    key: SnapshotKey
    rows: dict[str, int] = field(default_factory=dict)
    changes: dict[str, Counter[str]] = field(default_factory=dict)
    dropped: dict[str, list[str]] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)


@exclusive
def ingest(
    client: Client,
    path: Path,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
    progress: Progress | None = None,
) -> list[Ingested]:
    """Load every snapshot folder at or below `path`, each as a whole; loading one again changes nothing.

    Args:
        network, processing_date, window_days: the key, where the path does not contain it; they must agree with the path.
        progress: called with (file, rows done, rows in total) after each batch.

    Raises:
        BadInputError: a file is missing or damaged, or contradicts its checksum or its folder; nothing of that snapshot is
            loaded.
    """
    create_tables(client)
    folders = find_folders(path)
    keys = [key_of(folder, network, processing_date, window_days) for folder in folders]
    return [_ingest_folder(client, folder, key, progress) for folder, key in zip(folders, keys, strict=True)]


def _ingest_folder(client: Client, folder: Path, key: SnapshotKey, progress: Progress | None) -> Ingested:
    shape = shape_of(folder)
    if shape is None:
        raise BadInputError(f"There are no snapshot files in {folder}.")
    with user_code(shape, "files", str(folder)):
        files = shape.files(folder, key.network)
    present = {file.stem for file in folder.glob("*.parquet")}
    result = Ingested(folder, shape.name, key, ignored={k: v for k, v in shape.ignored.items() if k in present})
    for file in files:
        parquet_rows(file.path)
    verify(folder, files)
    loaded_at = datetime.now(UTC)
    with ExitStack() as stack:
        ready = []
        for file in files:
            conformer = Conformer(file.landing or file.table, key, str(file.path), loaded_at, file.renames)
            ready.append((_load(client, stack, file, conformer, progress), file.table))
            result.changes[file.path.name] = conformer.counts
            result.dropped[file.path.name] = sorted(conformer.dropped)
        # Nothing is visible so far; each table is now published in one atomic step.
        with load(client, f"`trainer ingest` of {key}"):
            for side, table in ready:
                publish(client, side, table)
                result.rows[table.name] = _count(client, side)
                if not result.rows[table.name]:  # an empty file has no partition to replace the old one with
                    drop_partition(client, table, key)
    return result


def _load(client: Client, stack: ExitStack, file: SnapshotFile, conformer: Conformer, progress: Progress | None) -> str:
    """Load one file into a side table of its table and return the side table's name; `stack` drops it at the end."""
    side = stack.enter_context(side_table(client, conformer.table))
    for batch in _batches(file.path, progress):
        client.insert_arrow(side, conformer(batch))
    if file.landing is None:
        return _deduplicated(client, stack, side, conformer)
    aggregated = stack.enter_context(side_table(client, file.table))
    query = file.aggregate.format(landing=side)
    names = ", ".join(row[0] for row in client.query(f"DESCRIBE TABLE ({query})").result_rows)
    client.command(f"INSERT INTO {aggregated} ({names}) {query}")
    return aggregated


def _deduplicated(client: Client, stack: ExitStack, side: str, conformer: Conformer) -> str:
    """Return `side`, or if keys repeat a copy of it with one row per key: the one with the smallest content hash."""
    table = conformer.table
    key = ", ".join(table.key_columns)
    extra = _count(client, side) - int(client.query(f"SELECT uniqExact({key}) FROM {side}").result_rows[0][0])
    if not extra:
        return side
    conformer.counts[f"rows rejected: repeated ({key})"] += extra
    kept = stack.enter_context(side_table(client, table))
    content = "sipHash64(toString(tuple(* EXCEPT (ingested_at))))"  # independent of the time of loading
    client.command(f"INSERT INTO {kept} SELECT * FROM {side} ORDER BY {key}, {content} LIMIT 1 BY {key}")
    return kept


def _count(client: Client, table: str) -> int:
    return int(client.query(f"SELECT count() FROM {table}").result_rows[0][0])


def _batches(path: Path, progress: Progress | None) -> Iterator[pa.RecordBatch]:
    """Yield the file's rows in batches, so that memory does not limit the size of a snapshot.

    The first batch has no rows: the columns of an empty file are checked as well.

    Raises:
        BadInputError: the file is damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            total, done = file.metadata.num_rows, 0
            yield pa.RecordBatch.from_arrays([pa.array([], kind) for kind in file.schema_arrow.types], schema=file.schema_arrow)
            for batch in file.iter_batches(BATCH_ROWS):
                yield batch
                done += batch.num_rows
                if progress is not None:
                    progress(path.name, done, total)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error

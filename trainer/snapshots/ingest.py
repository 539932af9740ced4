"""Loads snapshot folders into the raw tables: checked first, streamed in batches, published atomically per table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from trainer.errors import BadInputError
from trainer.keys import WHERE_SNAPSHOT, SnapshotKey
from trainer.snapshots.changes import described_files
from trainer.snapshots.conform import Conformer
from trainer.snapshots.meta import verify, verify_counts
from trainer.snapshots.plans import Plan, load_name, plans_of
from trainer.snapshots.reader import (
    SnapshotFile,
    contents_of,
    damaged,
    find_folders,
    known_tables,
    parquet_rows,
    shapes,
)
from trainer.snapshots.survey import BATCH_ROWS, Survey, survey
from trainer.snapshots.unpack import unpacked
from trainer.uploads import MEBIBYTE, decoded, open_parquet, private_folder, unpacked_bytes
from trainer.warehouse import (
    RAW_MONEY_FLOWS,
    RAW_TRANSFERS,
    Table,
    content_of,
    create_tables,
    drop_partition,
    exclusive,
    insert_batches,
    load,
    load_number,
    publish,
    record_load,
    side_table,
)

if TYPE_CHECKING:
    from trainer.warehouse import Client

MAX_BATCH = 128 * MEBIBYTE
Progress = Callable[[str, int, int], None]


@dataclass
class Ingested:
    """The result of loading one snapshot folder.

    Attributes:
        folder, shape, key: the folder, the name of its shape, and its snapshot.
        rows, read: table → rows loaded, and rows in its files: `changes` counts the rejected ones, transfers are summed by pair.
        changes: file → change → number of rows or values, see `trainer.snapshots.conform`.
        dropped: file → columns that were not loaded, because no table has them and they are no numbers.
        left_out: file → column that is no feature → why; see `trainer.uploads.columns`.
        ignored: file stem → why the file was not loaded.
        not_understood: names of the other files and folders in the folder.
        left_as_before: table → rows of the snapshot from an earlier load, where no folder of this load has the table.
    """

    folder: Path
    shape: str
    key: SnapshotKey
    rows: dict[str, int] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    changes: dict[str, Counter[str]] = field(default_factory=dict)
    dropped: dict[str, list[str]] = field(default_factory=dict)
    left_out: dict[str, dict[str, str]] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    not_understood: list[str] = field(default_factory=list)
    left_as_before: dict[str, int] = field(default_factory=dict)


@exclusive
def ingest(
    client: Client,
    path: Path,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
    progress: Progress | None = None,
    accepted: Collection[str] = (),
    only: Collection[Path] | None = None,
) -> list[Ingested]:
    """Load every snapshot folder at or below `path`, each as a whole; loading one again changes nothing.

    Args:
        network, processing_date, window_days: the key, where the path does not contain it; they must agree with the path.
        progress: called with (file, rows done, rows in total) after each batch.
        accepted: columns to keep as features although they look like an answer or a row number.
        only: of the folders found, those to load; None for all.

    Raises:
        BadInputError: a file is missing or damaged, or contradicts its checksum or its folder; nothing of that snapshot is
            loaded. Or two folders have the same table of one snapshot; nothing is loaded.
    """
    create_tables(client)
    plans = plans_of(path, network, processing_date, window_days)
    chosen = plans if only is None else [plan for plan in plans if plan.folder in only]
    loaded = [_ingest_folder(client, plan, progress, accepted) for plan in chosen]
    for one in loaded:
        now = {table for other in loaded if other.key == one.key for table in other.rows}
        one.left_as_before = _left_as_before(client, one.key, now)
    return loaded


def _ingest_folder(client: Client, plan: Plan, progress: Progress | None, accepted: Collection[str]) -> Ingested:
    folder, key, files = plan.folder, plan.key, plan.files
    result = _described(plan)
    with ExitStack() as stack:
        verify(folder, files, known_tables())
        paths = [unpacked(stack, file) for file in files]
        for file, parts in zip(files, paths, strict=True):
            verify_counts(folder, file, parquet_rows, parts)
        loaded_at = datetime.now(UTC)
        ready = []
        for file, parts in zip(files, paths, strict=True):
            surveyed = _surveyed(file, parts, accepted)
            conformer = Conformer(file.landing or file.table, key, str(file.path), loaded_at, file.renames, surveyed)
            sides = _load(client, stack, file, parts, conformer, progress)
            ready.append((file, sides))
            result.read |= dict.fromkeys((table.name for table in sides.values()), sum(map(parquet_rows, parts)))
            result.changes[file.path.name] = conformer.counts
            result.dropped[file.path.name] = sorted(conformer.dropped)
            result.left_out[file.path.name] = surveyed.left_out
        # Nothing is visible so far; each table is now published in one atomic step.
        with load(client, load_name(key)):
            for file, sides in ready:
                for side, table in sides.items():
                    result.rows[table.name] = _publish(client, side, table, file, key)
            if RAW_MONEY_FLOWS.name in result.rows and RAW_TRANSFERS.name not in result.rows:
                drop_partition(client, RAW_TRANSFERS, key)  # transfers of an earlier load are not those of these flows
    return result


def _publish(client: Client, side: str, table: Table, file: SnapshotFile, key: SnapshotKey) -> int:
    """Make the rows of a side table visible in `table`, record them and return their number."""
    loaded, before = content_of(client, side), content_of(client, table.name, key)
    publish(client, side, table)
    if not loaded[0]:  # an empty file has no partition to replace the old one with
        drop_partition(client, table, key)
    record_load(client, key, table, loaded, before, described_files(file), load_number(client, load_name(key)))
    return loaded[0]


def _described(plan: Plan) -> Ingested:
    """Return the result before anything is loaded: what of the folder is ignored, and what is not understood."""
    folder, shape = plan.folder, plan.shape
    contents, read = contents_of(folder), {path for file in plan.files for path in file.paths}
    ignored = {stem: reason for stem, reason in shape.ignored.items() if stem in contents.tables}
    others = [
        path.name for stem, paths in contents.tables.items() if stem not in shape.ignored for path in paths if path not in read
    ]
    unknown = [name for name in contents.not_understood if folder / name not in read and not _has_snapshots(folder / name)]
    return Ingested(folder, shape.name, plan.key, ignored=ignored, not_understood=sorted(unknown + others))


def _has_snapshots(path: Path) -> bool:
    """Return whether a folder within a snapshot folder is loaded as snapshots of its own."""
    if not path.is_dir():
        return False
    try:
        return bool(find_folders(path))
    except BadInputError:
        return False


def _left_as_before(client: Client, key: SnapshotKey, loaded: Collection[str]) -> dict[str, int]:
    """Return table → rows of the snapshot, for the tables of any shape that were not loaded now."""
    of_shapes = [[*shape.tables.values(), *(table for table, _ in shape.kept.values())] for shape in shapes()]
    tables = {table.name for tables in of_shapes for table in tables} - set(loaded)
    query = "SELECT count() FROM {name} FINAL WHERE " + WHERE_SNAPSHOT.replace("{", "{{").replace("}", "}}")
    counts = {
        name: int(client.query(query.format(name=name), parameters=key.parameters).result_rows[0][0]) for name in sorted(tables)
    }
    return {name: count for name, count in counts.items() if count}


def _surveyed(file: SnapshotFile, parts: Sequence[Path], accepted: Collection[str]) -> Survey:
    try:
        return survey(file.landing or file.table, parts, file.renames, accepted)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise damaged(file.path, error) from error


def _load(
    client: Client, stack: ExitStack, file: SnapshotFile, parts: Sequence[Path], conformer: Conformer, progress: Progress | None
) -> dict[str, Table]:
    """Load one file into side tables and return side table → table of its rows; `stack` drops the side tables at the end."""
    side = stack.enter_context(side_table(client, conformer.table))
    insert_batches(client, side, map(conformer, _batches(file, parts, progress)), stack.enter_context(private_folder()))
    if file.landing is None:
        return {_deduplicated(client, stack, side, conformer): file.table}
    made = [(file.table, file.aggregate), *([file.kept] if file.kept else [])]
    return {_made(client, stack, table, query.format(landing=side)): table for table, query in made}


def _made(client: Client, stack: ExitStack, table: Table, query: str) -> str:
    """Return the name of a side table of `table` with the rows of a query."""
    side = stack.enter_context(side_table(client, table))
    names = ", ".join(row[0] for row in client.query(f"DESCRIBE TABLE ({query})").result_rows)
    client.command(f"INSERT INTO {side} ({names}) {query}")
    return side


def _deduplicated(client: Client, stack: ExitStack, side: str, conformer: Conformer) -> str:
    """Return `side`, or if keys repeat a copy of it with one row per key: the one with the smallest content hash."""
    table = conformer.table
    key = ", ".join(table.key_columns)
    # Keys with different hashes differ; only on a collision are the keys themselves compared, in three times the time.
    total, hashes = client.query(f"SELECT count(), uniqExact(cityHash64({key})) FROM {side}").result_rows[0]
    extra = total - (total if hashes == total else client.query(f"SELECT uniqExact({key}) FROM {side}").result_rows[0][0])
    if not extra:
        return side
    conformer.counts[f"rows rejected: repeated ({key})"] += extra
    kept = stack.enter_context(side_table(client, table))
    content = "sipHash64(toString(tuple(* EXCEPT (ingested_at))))"  # independent of the time of loading
    client.command(f"INSERT INTO {kept} SELECT * FROM {side} ORDER BY {key}, {content} LIMIT 1 BY {key}")
    return kept


def _batches(file: SnapshotFile, parts: Sequence[Path], progress: Progress | None) -> Iterator[pa.RecordBatch]:
    """Yield the table's rows in batches, so that memory does not limit the size of a snapshot.

    The first batch of each file has no rows: the columns of an empty file are checked as well.

    Raises:
        BadInputError: a file is damaged.
    """
    total, done = sum(map(parquet_rows, parts)), 0
    for path in parts:
        try:
            with open_parquet(path) as opened:
                schema = opened.schema_arrow
                yield pa.RecordBatch.from_arrays([pa.array([], kind) for kind in schema.types], schema=schema)
                for batch in opened.iter_batches(BATCH_ROWS):
                    if unpacked_bytes(batch) > MAX_BATCH:
                        raise BadInputError(
                            f"{path}: {batch.num_rows} rows unpack to more than {MAX_BATCH // MEBIBYTE} MiB; nothing was loaded."
                        )
                    yield decoded(batch)
                    done += batch.num_rows
                    if progress is not None:
                        progress(file.path.name, done, total)
        except (pa.ArrowException, OSError) as error:
            raise damaged(file.path, error) from error

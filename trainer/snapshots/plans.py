"""Which folders, snapshots and tables a path has, and which of them are new or have changed since they were loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError, user_code
from trainer.keys import SnapshotKey
from trainer.snapshots.changes import reason_to_load
from trainer.snapshots.reader import SnapshotFile, SnapshotShape, find_folders, key_of, shape_of
from trainer.warehouse import loaded_tables, was_interrupted

if TYPE_CHECKING:
    from trainer.warehouse import Client


@dataclass(frozen=True)
class Plan:
    """A folder, its snapshot, its shape and its tables."""

    folder: Path
    key: SnapshotKey
    shape: SnapshotShape
    files: list[SnapshotFile]


@dataclass(frozen=True)
class Pending:
    """A snapshot folder, and why it is to be loaded; "" if it is loaded as it is."""

    folder: Path
    key: SnapshotKey
    reason: str


def plans_of(path: Path, network: str | None, processing_date: date | None, window_days: int | None) -> list[Plan]:
    """Return what each snapshot folder at or below `path` has; see `trainer.snapshots.ingest`.

    Raises:
        BadInputError: there is none, its key is unknown, or two folders have the same table of one snapshot.
    """
    folders = find_folders(path)
    keys = [key_of(folder, network, processing_date, window_days) for folder in folders]
    plans = [_planned(folder, key) for folder, key in zip(folders, keys, strict=True)]
    _require_distinct_tables(plans)
    return plans


def pending(
    client: Client | None,
    path: Path,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
) -> list[Pending]:
    """Return the snapshot folders at or below `path`, and why each is to be loaded.

    Args:
        client: None for a warehouse that does not exist yet.

    Raises:
        BadInputError: as `ingest` does for what it can tell without reading the rows.
    """
    plans = plans_of(path, network, processing_date, window_days)
    if client is None:
        return [Pending(plan.folder, plan.key, "new") for plan in plans]
    loaded, found = loaded_tables(client), []
    counts = {name: _row_counts(client, name) for name in {file.table.name for plan in plans for file in plan.files}}
    for plan in plans:
        known = {table: one for (key, table), one in loaded.items() if key == plan.key}
        rows = {name: count.get(plan.key, 0) for name, count in counts.items()}
        reason = reason_to_load(plan.files, known, rows)
        if was_interrupted(client, load_name(plan.key)):
            reason = "its last load was interrupted"
        found.append(Pending(plan.folder, plan.key, reason))
    return found


def load_name(key: SnapshotKey) -> str:
    """Return under what name the load of a snapshot is marked."""
    return f"`trainer ingest` of {key}"


def _row_counts(client: Client, table: str) -> dict[SnapshotKey, int]:
    """Return snapshot → number of stored rows of a raw table."""
    query = f"SELECT network, processing_date, window_days, count() FROM {table} GROUP BY ALL"
    return {SnapshotKey(*row[:3]): int(row[3]) for row in client.query(query).result_rows}


def _planned(folder: Path, key: SnapshotKey) -> Plan:
    shape = shape_of(folder)
    if shape is None:
        raise BadInputError(f"There are no snapshot files in {folder}.")
    with user_code(shape, "files", str(folder)):
        return Plan(folder, key, shape, shape.files(folder, key.network))


def _require_distinct_tables(plans: list[Plan]) -> None:
    """Refuse two folders that both have a table of one snapshot: the second would replace the first."""
    seen: dict[tuple[SnapshotKey, str], Path] = {}
    for plan in plans:
        for file in plan.files:
            other = seen.setdefault((plan.key, file.table.name), plan.folder)
            if other != plan.folder:
                raise BadInputError(
                    f"{other} and {plan.folder} are both of {plan.key} and both have {file.table.name}; ingest one of them."
                )

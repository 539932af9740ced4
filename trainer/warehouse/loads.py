"""What was loaded of each snapshot: its files, and when its content changed last. Rows of `snapshot_loads`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trainer.keys import WHERE_SNAPSHOT, SnapshotKey

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from trainer.warehouse.table import Table

_TABLE = "snapshot_loads"


@dataclass(frozen=True)
class LoadedTable:
    """A table of a snapshot as it was loaded last.

    Attributes:
        rows: number of rows.
        content: hash of the rows, whatever their order.
        changed_in: number of the load in which `content` changed last.
        files: path, size, modified_ns and sha256 of each file it was read from, in order.
    """

    rows: int
    content: int
    changed_in: int
    files: list[dict[str, Any]]


def loaded_tables(client: Client) -> dict[tuple[SnapshotKey, str], LoadedTable]:
    """Return (snapshot, table) → what was loaded last."""
    columns = "network, processing_date, window_days, table_name, row_count, content, changed_in, files_json"
    query = f"SELECT {columns} FROM {_TABLE} FINAL"
    return {
        (SnapshotKey(*row[:3]), row[3]): LoadedTable(int(row[4]), int(row[5]), int(row[6]), json.loads(row[7]))
        for row in client.query(query).result_rows
    }


def content_of(client: Client, rows: str, key: SnapshotKey | None = None) -> tuple[int, int]:
    """Return the number of rows of a table, all or those of a snapshot, and a hash of them that ignores their order."""
    where = "" if key is None else f" FINAL WHERE {WHERE_SNAPSHOT}"
    # Over the values as they are: their text would take four times as long. In a tuple, NULL counts as a value of its own.
    query = f"SELECT count(), sum(cityHash64(tuple(* EXCEPT (ingested_at)))) FROM {rows}{where}"
    count, content = client.query(query, parameters=None if key is None else key.parameters).result_rows[0]
    return int(count), int(content)


def record_load(
    client: Client,
    key: SnapshotKey,
    table: Table,
    loaded: tuple[int, int],
    before: tuple[int, int],
    files: list[dict[str, Any]],
    number: int,
) -> None:
    """Record what a table of a snapshot was loaded from; its content has changed if it is not what was there before.

    Args:
        loaded, before: as `content_of` returns them.
        number: of this load.
    """
    known = loaded_tables(client).get((key, table.name))
    changed_in = number if loaded != before else 0 if known is None else known.changed_in
    row = {
        **key.parameters,
        "table_name": table.name,
        "row_count": loaded[0],
        "content": loaded[1],
        "changed_in": changed_in,
        "files_json": json.dumps(files),
        "loaded_at": datetime.now(UTC),
    }
    client.insert(_TABLE, [list(row.values())], column_names=list(row))

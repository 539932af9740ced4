"""Puts rows into tables so that a reader sees all of them or none.

An insert is not atomic in ClickHouse: rows therefore go to a side table first and reach the real one by REPLACE PARTITION, which
is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trainer.keys import WHERE_SNAPSHOT
from trainer.warehouse.old_parts import remove_old_parts
from trainer.warehouse.side_tables import side_table
from trainer.warehouse.writing import before_change, exclusive

if TYPE_CHECKING:
    import pyarrow as pa
    from clickhouse_connect.driver.client import Client

    from trainer.keys import SnapshotKey
    from trainer.warehouse.table import Table


def publish(client: Client, side: str, table: Table) -> None:
    """Replace in `table` every partition that `side` holds, each in one atomic step."""
    rows = client.query(
        "SELECT DISTINCT partition_id FROM system.parts "
        "WHERE database = currentDatabase() AND table = {table:String} AND active AND rows > 0 ORDER BY partition_id",
        parameters={"table": side},
    ).result_rows
    before_change(client)
    for (partition_id,) in rows:
        client.command(f"ALTER TABLE {table.name} REPLACE PARTITION ID '{partition_id}' FROM {side}")
    remove_old_parts(client, table)


@exclusive
def replace_rows(client: Client, table: Table, batches: Iterable[pa.Table]) -> int:
    """Replace the partitions of `table` that `batches` touch with exactly these rows; return the number of rows."""
    with side_table(client, table) as side:
        count = 0
        for batch in batches:
            client.insert_arrow(side, batch)
            count += batch.num_rows
        publish(client, side, table)
    return count


def drop_partition(client: Client, table: Table, key: SnapshotKey) -> None:
    """Remove a snapshot's rows from `table`, each partition in one atomic step."""
    drop_partitions(client, table, WHERE_SNAPSHOT, key.parameters)


def drop_partitions(client: Client, table: Table, where: str, parameters: dict[str, Any]) -> None:
    """Remove whole partitions of `table`, each in one atomic step; `where` may use only columns of its partition key."""
    rows = client.query(f"SELECT DISTINCT _partition_id FROM {table.name} WHERE {where}", parameters=parameters).result_rows
    before_change(client)
    for (partition_id,) in rows:
        client.command(f"ALTER TABLE {table.name} DROP PARTITION ID '{partition_id}'")

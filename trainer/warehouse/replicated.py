"""Tables of a cluster: in a database of the engine Replicated each node has all tables, and what is done to one is done to all.

Such a database does not replicate rows: a table of the family MergeTree keeps them on the node where they were inserted, one of
the family ReplicatedMergeTree on all. Side tables are of the first kind, because the partitions that they lend are replicated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from trainer.settings import Target
    from trainer.warehouse.table import Table

_IS_REPLICATED = "trainer_is_replicated"


def create_database(client: Client, target: Target) -> None:
    """Create the database of a target if it does not exist; on a cluster on each of its nodes."""
    cluster, engine = target.cluster
    setattr(client, _IS_REPLICATED, engine.startswith("Replicated"))
    create, name = "CREATE DATABASE IF NOT EXISTS {name:Identifier}", {"name": target.database}
    if cluster:
        # Not asked of the whole cluster each time: it would wait for a node that is down.
        exists = "SELECT count() FROM system.databases WHERE name = {name:String}"
        if client.query(exists, parameters=name).result_rows[0][0]:
            return
        quoted = cluster.replace("\\", "\\\\").replace('"', '\\"')
        create += f' ON CLUSTER "{quoted}"'
    client.command(f"{create} ENGINE = {engine}" if engine else create, parameters=name)


def ddl_of(client: Client, table: Table, name: str | None = None) -> str:
    """Return the statement that creates a table, if it does not exist, or a new one of another name that is to take its place."""
    return table.ddl_as(name or f"IF NOT EXISTS {table.name}", is_replicated=getattr(client, _IS_REPLICATED, False))

"""Brings tables that an earlier version created to the columns and sorting key of this one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING

from trainer.warehouse.side_tables import side_name
from trainer.warehouse.writing import writing

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from trainer.warehouse.table import Table


def upgrade_tables(client: Client, tables: Iterable[Table]) -> list[str]:
    """Rewrite the tables whose columns or sorting key are of an earlier version, and return their names.

    A table is copied and exchanged in one step: a reader sees the old rows or the new ones. New columns get their defaults.
    """
    # A key of one column is printed in parentheses.
    query = "SELECT name, trim(BOTH '()' FROM sorting_key) FROM system.tables WHERE database = currentDatabase()"
    keys = dict(client.query(query).result_rows)
    columns: dict[str, list[str]] = {}
    for name, column in client.query("SELECT table, name FROM system.columns WHERE database = currentDatabase()").result_rows:
        columns.setdefault(name, []).append(column)
    outdated = [
        table
        for table in tables
        if keys[table.name] != table.sorting_key or not set(table.all_columns) <= set(columns[table.name])
    ]
    with writing(client) if outdated else nullcontext():
        for table in outdated:
            _rewrite(client, table, [name for name in columns[table.name] if name in table.all_columns])
    return [table.name for table in outdated]


def _rewrite(client: Client, table: Table, kept: list[str]) -> None:
    copy = side_name(table)
    client.command(table.ddl.replace(f"IF NOT EXISTS {table.name} ", f"{copy} ", 1))
    names = ", ".join(kept)
    client.command(
        f"INSERT INTO {copy} ({names}) SELECT {names} FROM {table.name}", settings={"max_partitions_per_insert_block": 0}
    )
    client.command(f"EXCHANGE TABLES {copy} AND {table.name}")
    client.command(f"DROP TABLE {copy} SYNC")

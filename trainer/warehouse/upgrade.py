"""Brings tables that an earlier version created to the columns, the sorting key and the unit of times of this one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING

from trainer.warehouse.replicated import ddl_of
from trainer.warehouse.side_tables import side_name
from trainer.warehouse.times import seconds_of
from trainer.warehouse.writing import writing

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from trainer.warehouse.table import Table


def upgrade_tables(client: Client, tables: Iterable[Table]) -> list[str]:
    """Rewrite the tables whose columns, sorting key or unit of times are of an earlier version, and return their names.

    A table is copied and exchanged in one step: a reader sees the old rows or the new ones. New columns get their defaults;
    times become seconds.
    """
    outdated = outdated_tables(client, tables)
    columns = _columns(client)
    with writing(client) if outdated else nullcontext():
        for table in outdated:
            _rewrite(client, table, [name for name in columns[table.name] if name in table.all_columns])
    return [table.name for table in outdated]


def outdated_tables(client: Client, tables: Iterable[Table]) -> list[Table]:
    """Return the tables that exist and whose columns, sorting key or unit of times are of an earlier version."""
    # A key of one column is printed in parentheses.
    query = "SELECT name, trim(BOTH '()' FROM sorting_key), comment FROM system.tables WHERE database = currentDatabase()"
    state = {name: (key, comment) for name, key, comment in client.query(query).result_rows}
    columns = _columns(client)
    return [
        table
        for table in tables
        if table.name in state
        and (state[table.name] != (table.sorting_key, table.comment) or not set(table.all_columns) <= set(columns[table.name]))
    ]


def _columns(client: Client) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for name, column in client.query("SELECT table, name FROM system.columns WHERE database = currentDatabase()").result_rows:
        columns.setdefault(name, []).append(column)
    return columns


def _rewrite(client: Client, table: Table, kept: list[str]) -> None:
    copy = side_name(table)
    client.command(ddl_of(client, table, copy))
    names = ", ".join(kept)
    numbers = {name for name in table.time_columns if "Int" in table.types[name]}
    values = ", ".join(seconds_of(name) if name in numbers else name for name in kept)
    client.command(
        f"INSERT INTO {copy} ({names}) SELECT {values} FROM {table.name}", settings={"max_partitions_per_insert_block": 0}
    )
    client.command(f"EXCHANGE TABLES {copy} AND {table.name}")
    client.command(f"DROP TABLE {copy} SYNC")

"""Side tables: where rows are put together before they become visible, and what killed processes leave of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from trainer.warehouse.table import Table

SIDE_SUFFIX = "__loading_"
_RUN = uuid.uuid4().hex[:8]  # of the side tables of this process


def side_name(table: Table) -> str:
    """Return a new name for a side table of `table`."""
    return f"{table.name}{SIDE_SUFFIX}{_RUN}{uuid.uuid4().hex[:8]}"


@contextmanager
def side_table(client: Client, table: Table) -> Iterator[str]:
    """Yield the name of an empty twin of `table`, dropped on leaving whatever happened."""
    name = side_name(table)
    client.command(table.side_ddl(name))
    try:
        yield name
    finally:
        client.command(f"DROP TABLE IF EXISTS {name} SYNC")


def drop_leftovers(client: Client) -> None:
    """Drop the side tables that killed processes left behind; only for a writer, because then no other process is loading."""
    names = client.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND position(name, {mark:String}) > 0 "
        "AND position(name, {mine:String}) = 0",
        parameters={"mark": SIDE_SUFFIX, "mine": f"{SIDE_SUFFIX}{_RUN}"},
    ).result_rows
    for (name,) in names:
        client.command(f"DROP TABLE IF EXISTS {name} SYNC")

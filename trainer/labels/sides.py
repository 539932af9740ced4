"""Side tables in which a change of labels is put together before it becomes visible."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from trainer.warehouse import Table, side_table

if TYPE_CHECKING:
    from trainer.warehouse import Client

ANY_PARTITIONS = {"max_partitions_per_insert_block": 0}
"""Setting of inserts: a list may be of more than a hundred sources, snapshots or networks."""


@contextmanager
def sides(client: Client, table: Table, count: int) -> Iterator[list[str]]:
    """Yield the names of `count` empty side tables of `table`, dropped afterwards."""
    with ExitStack() as stack:
        yield [stack.enter_context(side_table(client, table)) for _ in range(count)]


def insert(client: Client, statement: str, parameters: dict[str, Any] | None = None) -> None:
    """Run an INSERT … SELECT into any number of partitions."""
    client.command(f"INSERT INTO {statement}", parameters, settings=ANY_PARTITIONS)


def count_rows(client: Client, rows: str) -> int:
    """Return the number of rows of a table or subquery."""
    return int(client.query(f"SELECT count() FROM {rows}").result_rows[0][0])

"""Removes the parts that replaced rows leave behind in an embedded warehouse; a server does that by itself.

The embedded engine has no background task for it. It does it at the end of some statements, one generation of parts at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clickhouse_connect.driver.client import Client

    from trainer.warehouse.table import Table

LIFETIME_SECONDS = 10
"""How long a replaced part is kept: long enough for the disk to have the rows that replace it."""
_NO_PARTITION = "0" * 32


def is_embedded(client: Client) -> bool:
    """Return whether the client has an engine of its own in this process."""
    return client.uri.startswith("chdb:")


def remove_old_parts(client: Client, table: Table) -> None:
    """Remove the parts of a table that were replaced some time ago."""
    if not is_embedded(client):
        return
    query = (
        "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND NOT active "
        "AND remove_time < now() - {seconds:UInt32}"
    )
    parameters = {"table": table.name, "seconds": LIFETIME_SECONDS}
    left, before = client.query(query, parameters=parameters).result_rows[0][0], None
    while left and left != before:
        client.command(f"ALTER TABLE {table.name} DROP PARTITION ID '{_NO_PARTITION}'")
        left, before = client.query(query, parameters=parameters).result_rows[0][0], left


def set_lifetime(client: Client, tables: Iterable[Table]) -> None:
    """Let the engine remove replaced parts after that time, for tables that do not have the setting yet."""
    if not is_embedded(client):
        return
    setting = f"old_parts_lifetime = {LIFETIME_SECONDS}"
    query = "SELECT name FROM system.tables WHERE database = currentDatabase() AND position(engine_full, {setting:String}) = 0"
    without = {name for (name,) in client.query(query, parameters={"setting": setting}).result_rows}
    for table in tables:
        if table.name in without:
            client.command(f"ALTER TABLE {table.name} MODIFY SETTING {setting}")

"""Parts of tables that the engine found damaged when it opened them: it sets them aside and goes on without their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainer.warehouse.builds import FINISHED, LOAD, mark, unfinished
from trainer.warehouse.flow_tables import RAW_MONEY_FLOWS, RAW_TRANSFERS
from trainer.warehouse.label_tables import ADDRESS_LABELS
from trainer.warehouse.schema import RAW_ALERTS, RAW_CLUSTERS, RAW_FEATURES, TABLES
from trainer.warehouse.writing import exclusive

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

SNAPSHOT_TABLES = (RAW_ALERTS, RAW_FEATURES, RAW_CLUSTERS, RAW_MONEY_FLOWS, RAW_TRANSFERS, ADDRESS_LABELS)
_SHOWN = 3


@dataclass(frozen=True)
class DamagedPart:
    """A part that was set aside: its table, its name, the id of its partition, and the partition's key as text, '' if unknown."""

    table: str
    name: str
    partition_id: str
    partition: str

    def __str__(self) -> str:
        key = self.partition.removeprefix("tuple").translate(str.maketrans(",", "/", "()'"))
        return f"{self.table} {key}".rstrip()


def damaged_parts(client: Client, database: str = "") -> list[DamagedPart]:
    """Return the parts of the database's tables, by default the selected one's, that the engine set aside as damaged."""
    # A table that has the other rows of the partition, or the same partition key, has its values.
    query = """
        SELECT parts.table, parts.name, parts.partition_id, any(known.partition)
        FROM (
            SELECT table, name, ifNull(partition_id, '') AS partition_id FROM system.detached_parts
            WHERE database = {database:String} AND position(ifNull(reason, ''), 'broken') > 0
        ) AS parts
        LEFT JOIN (
            SELECT DISTINCT partition_id, partition FROM system.parts WHERE database = {database:String} AND active
        ) AS known ON known.partition_id = parts.partition_id
        GROUP BY parts.table, parts.name, parts.partition_id ORDER BY ALL
    """
    found = client.query(query, parameters={"database": database or client.database}).result_rows
    return [DamagedPart(table, name, partition, text or "") for table, name, partition, text in found]


def damage_problem(client: Client, database: str = "") -> str | None:
    """Return one sentence on what is damaged in a database and what to do, or None if nothing is."""
    parts = damaged_parts(client, database)
    if not parts:
        return None
    named = list(dict.fromkeys(map(str, parts)))
    shown = ", ".join(named[:_SHOWN]) + (", …" if len(named) > _SHOWN else "")
    return (
        f"Files of the warehouse are damaged, so that rows are missing from {shown}; run `trainer init --discard-damaged`, "
        f"then {_again({part.table for part in parts})}."
    )


@exclusive
def discard_damaged(client: Client) -> list[str]:
    """Drop the damaged parts and return a sentence for each; of a snapshot nothing is left, so that no half of it is used.

    Loads that were killed are forgotten, too: what they loaded stays.

    What dbt builds counts as unfinished until `dbt run` has built it again.
    """
    parts = damaged_parts(client)
    loads = unfinished(client, LOAD)
    for node in loads:
        mark(client, node, FINISHED)
    for part in parts:
        if part.table in {table.name for table in SNAPSHOT_TABLES}:
            for table in SNAPSHOT_TABLES:
                client.command(f"ALTER TABLE {table.name} DROP PARTITION ID '{part.partition_id}'")
        elif part.table not in TABLES:
            client.command(
                "INSERT INTO build_marks (node, event, build, invocation_id) "
                "SELECT node, 'started', (SELECT max(build) + 1 FROM build_marks), '' FROM build_marks FINAL "
                "WHERE event = 'finished' AND endsWith(node, {suffix:String})",
                parameters={"suffix": f".{part.table}"},
            )
        client.command(
            f"ALTER TABLE {part.table} DROP DETACHED PART {{name:String}}",
            parameters={"name": part.name},
            settings={"allow_drop_detached": 1},
        )
    return [f"Discarded a damaged part of {part}." for part in parts] + [
        f"{node.removeprefix(LOAD)} was interrupted; what it has loaded stays." for node in loads
    ]


def _again(tables: set[str]) -> str:
    steps = []
    if tables & {table.name for table in SNAPSHOT_TABLES}:
        steps.append("`trainer ingest` the snapshots")
    if own := sorted(tables & TABLES.keys() - {table.name for table in SNAPSHOT_TABLES}):
        steps.append(f"load again what {', '.join(own)} held")
    return ", ".join([*steps, "`dbt run`"])

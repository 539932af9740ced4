"""Changes `raw_address_labels` atomically and records every added, replaced or removed row in `label_history`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainer.keys import SNAPSHOT_KEY, SnapshotKey
from trainer.labels.history import ADDED, REMOVED, REPLACED, Origin, record
from trainer.labels.sides import ANY_PARTITIONS, count_rows, insert, sides
from trainer.uploads import key_arrays
from trainer.warehouse import RAW_ADDRESS_LABELS, RAW_STANDING_LABELS, drop_partition, publish, side_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from trainer.warehouse import Client

_LABELS = RAW_ADDRESS_LABELS.name
_SNAPSHOT = ", ".join(SNAPSHOT_KEY)
_KEY = ", ".join((*SNAPSHOT_KEY, *RAW_ADDRESS_LABELS.key_columns))
_OPINION = ", ".join((*SNAPSHOT_KEY, "address", "source", "label"))


def label_table(frame: pd.DataFrame) -> pa.Table:
    """Return n checked rows of text as an Arrow table in the columns and types of `raw_address_labels`."""
    import pyarrow as pa

    columns = {name: pa.array(frame[name].tolist(), pa.string()) for name in RAW_ADDRESS_LABELS.types}
    columns["confidence_score"] = pa.array(frame["confidence_score"].astype(float).tolist(), pa.float32())
    return pa.table(columns | key_arrays(frame))


@dataclass(frozen=True)
class Stored:
    """What storing a list changed: rows new to the table, older rows they replace, and distinct rows in the list."""

    added: int
    replaced: int
    distinct: int


def store(client: Client, rows: pa.Table, origin: Origin, *, dry_run: bool = False) -> Stored:
    """Insert the rows that the table does not have; they replace older rows of the same source, address and label."""
    with sides(client, RAW_ADDRESS_LABELS, 3) as (listed, new, old):
        client.insert_arrow(listed, rows, settings=ANY_PARTITIONS)
        insert(
            client,
            f"{new} SELECT * FROM {listed} WHERE ({_KEY}) NOT IN (SELECT {_KEY} FROM {_LABELS}) "
            f"ORDER BY {_KEY}, address_subtype LIMIT 1 BY {_KEY}",
        )
        insert(
            client,
            f"{old} SELECT * FROM {_LABELS} FINAL WHERE ({_OPINION}) IN (SELECT {_OPINION} FROM {new}) "
            f"AND ({_KEY}) NOT IN (SELECT {_KEY} FROM {listed})",
        )
        distinct = client.query(f"SELECT count() FROM (SELECT DISTINCT {_KEY} FROM {listed})").result_rows[0][0]
        stored = Stored(count_rows(client, new), count_rows(client, old), int(distinct))
        if stored.added and not dry_run:
            record(client, old, REPLACED, origin, table=RAW_ADDRESS_LABELS)
            record(client, new, ADDED, origin, table=RAW_ADDRESS_LABELS)
            _change(client, old, new, stored.replaced)
    return stored


def withdraw(client: Client, source: str, key: dict[str, Any], *, dry_run: bool = False) -> int:
    """Delete a source's rows and return how many.

    Args:
        key: network, processing_date and window_days to limit the deletion to; None matches all.
        dry_run: count only.
    """
    given = {name: value for name, value in key.items() if value is not None}
    kinds = {"network": "String", "processing_date": "Date", "window_days": "UInt16"}
    conditions = "".join(f" AND {name} = {{{name}:{kinds[name]}}}" for name in given)
    with sides(client, RAW_ADDRESS_LABELS, 2) as (old, new):
        insert(
            client,
            f"{old} SELECT * FROM {_LABELS} FINAL WHERE source = {{source:String}}{conditions}",
            parameters={"source": source} | given,
        )
        count = count_rows(client, old)
        if count and not dry_run:
            record(client, old, REMOVED, Origin(), table=RAW_ADDRESS_LABELS)
            _change(client, old, new, count)
    return count


def sources(client: Client) -> list[str]:
    """Return the names of the sources with stamped or standing labels, sorted."""
    query = f"SELECT source FROM {_LABELS} UNION DISTINCT SELECT source FROM {RAW_STANDING_LABELS.name}"
    return sorted(name for (name,) in client.query(query).result_rows)


def _change(client: Client, old: str, new: str, replaced: int) -> None:
    """Delete the rows of `old` and insert those of `new`; a reader of a partition sees both changes or neither."""
    if not replaced:
        insert(client, f"{_LABELS} SELECT * FROM {new}")
        return
    with side_table(client, RAW_ADDRESS_LABELS) as whole:
        insert(
            client,
            f"{whole} SELECT * FROM {_LABELS} FINAL WHERE ({_SNAPSHOT}) IN (SELECT {_SNAPSHOT} FROM {old}) "
            f"AND ({_KEY}) NOT IN (SELECT {_KEY} FROM {old})",
        )
        insert(client, f"{whole} SELECT * FROM {new} WHERE ({_SNAPSHOT}) IN (SELECT {_SNAPSHOT} FROM {old})")
        emptied = client.query(
            f"SELECT DISTINCT {_SNAPSHOT} FROM {old} WHERE ({_SNAPSHOT}) NOT IN (SELECT {_SNAPSHOT} FROM {whole})"
        ).result_rows
        publish(client, whole, RAW_ADDRESS_LABELS)
    for row in emptied:
        drop_partition(client, RAW_ADDRESS_LABELS, SnapshotKey(*row))
    insert(client, f"{_LABELS} SELECT * FROM {new} WHERE ({_SNAPSHOT}) NOT IN (SELECT {_SNAPSHOT} FROM {old})")

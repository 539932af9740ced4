"""What is known of labelled rows beside features and labels, by which an evaluation is broken down."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trainer.data.selection import Selection
from trainer.data.snapshots import snapshots_of
from trainer.model_types import FACTS, ModelType

if TYPE_CHECKING:
    from trainer.warehouse import Client

SCHEMA = pa.schema(
    [("label_source", pa.string()), ("typology", pa.string()), ("severity", pa.float32()), ("cluster_size", pa.float32())]
)


def facts_of(client: Client, kind: ModelType, selection: Selection, keys: pa.Table, sources: pa.Array) -> pa.Table:
    """Return the columns of SCHEMA for rows of a selection, null where the warehouse does not know.

    Args:
        keys: n rows with processing_date and the row's id, and network if there are several, in any order.
        sources: (n,) text: what each row's label comes from.
    """
    rows = pa.table({"snapshot": snapshots_of(keys), "id": keys[kind.id_column], "row": np.arange(len(keys))})
    found = {"label_source": sources} | {name: pa.nulls(len(rows), SCHEMA.field(name).type) for name in FACTS}
    for table, described in groupby(kind.described_by, key=lambda one: one[1]):
        columns = {name: column for name, _, column in described}
        found |= _looked_up(client, kind, selection, table, columns, rows)
    return pa.table({field.name: found[field.name] for field in SCHEMA}, schema=SCHEMA)


def _looked_up(
    client: Client, kind: ModelType, selection: Selection, table: str, columns: dict[str, str], rows: pa.Table
) -> dict[str, pa.Array]:
    """Return the columns (by our names) of a table for rows with snapshot, id and row number."""
    types = {name: SCHEMA.field(name).type for name in columns}
    selected = ", ".join(f"toNullable({column}) AS {name}" for name, column in columns.items())
    read = client.query_arrow(
        f"SELECT {selection.snapshot_sql} AS snapshot, {kind.id_column} AS id, {selected} FROM {table} WHERE {selection.where}",
        parameters=selection.parameters,
    )
    read = read.cast(pa.schema({"snapshot": pa.string(), "id": pa.string()} | types))
    joined = rows.join(read, ["snapshot", "id"], join_type="left outer")
    place = np.unique(joined["row"].to_numpy(), return_index=True)[1]  # the join keeps no order
    return {name: _finite(joined[name].take(pa.array(place)).combine_chunks()) for name in types}


def _finite(values: pa.Array) -> pa.Array:
    """Return an array with null for NaN, which stands for a missing feature."""
    if not pa.types.is_floating(values.type):
        return values
    import pyarrow.compute as pc

    return pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))

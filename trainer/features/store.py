"""Changes `raw_custom_features`: a file's values replace those of its columns and addresses; the rest is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trainer.keys import SNAPSHOT_KEY
from trainer.uploads import key_arrays
from trainer.warehouse import RAW_CUSTOM_FEATURES, RAW_FEATURES, publish, side_table

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

_FEATURES = RAW_CUSTOM_FEATURES.name
_SNAPSHOT = ", ".join(SNAPSHOT_KEY)
_KEY = ", ".join((*SNAPSHOT_KEY, "address"))


@dataclass(frozen=True)
class Stored:
    """What storing changed: addresses new to the table, addresses with changed values, and addresses in no snapshot."""

    added: int
    changed: int
    unknown: int


def feature_table(keys: pd.DataFrame, values: dict[str, np.ndarray]) -> pa.Table:
    """Return n checked rows as an Arrow table in the columns and types of `raw_custom_features`.

    Args:
        keys: the snapshot key and the address, as text (n rows).
        values: feature → float64 (n,); a missing value gets no entry in the map.
    """
    names = sorted(values)
    matrix = np.column_stack([values[name] for name in names]).astype(np.float32)
    present = ~np.isnan(matrix)
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
    map_keys = pa.array(names, pa.string()).take(pa.array(np.nonzero(present)[1]))
    columns = {
        "address": pa.array(keys["address"].tolist(), pa.string()),
        "features": pa.MapArray.from_arrays(pa.array(offsets), map_keys, pa.array(matrix[present], pa.float32())),
    }
    return pa.table(columns | key_arrays(keys))


def store(client: Client, rows: pa.Table, columns: Sequence[str], *, dry_run: bool = False) -> Stored:
    """Replace the values of `columns` for the rows' addresses; a value missing in the rows is removed from the table.

    Other columns and addresses are kept, and rows without a change are not written. The change is atomic per snapshot.

    Args:
        rows: as `feature_table` returns them.
        columns: the features of the file.
        dry_run: count only.
    """
    with side_table(client, RAW_CUSTOM_FEATURES) as listed, side_table(client, RAW_CUSTOM_FEATURES) as whole:
        client.insert_arrow(listed, rows)
        before = f"SELECT * FROM {_FEATURES} FINAL WHERE ({_SNAPSHOT}) IN (SELECT {_SNAPSHOT} FROM {listed})"
        merged = (
            "SELECT new.network AS network, new.processing_date AS processing_date, new.window_days AS window_days, "
            "new.address AS address, new.ingested_at AS ingested_at, old.address IS NULL AS is_new, "
            "mapSort(mapUpdate(mapFilter((name, value) -> NOT has({columns:Array(String)}, name), old.features), new.features)) "
            "AS features, mapSort(old.features) AS old_features "
            f"FROM {listed} AS new LEFT JOIN ({before}) AS old ON old.address = new.address AND old.network = new.network "
            "AND old.processing_date = new.processing_date AND old.window_days = new.window_days"
        )
        # Compared as text, because NaN is not equal to itself.
        changes = f"SELECT * FROM ({merged}) WHERE toString(features) != toString(old_features)"
        parameters = {"columns": list(columns)}
        added, changed = client.query(
            f"SELECT countIf(is_new), countIf(NOT is_new) FROM ({changes})", parameters=parameters
        ).result_rows[0]
        if (added or changed) and not dry_run:
            names = f"{_KEY}, features, ingested_at"
            client.command(f"INSERT INTO {whole} ({names}) SELECT {names} FROM ({changes})", parameters=parameters)
            client.command(
                f"INSERT INTO {whole} ({names}) SELECT {names} FROM ({before}) WHERE ({_KEY}) NOT IN (SELECT {_KEY} FROM {whole})"
            )
            publish(client, whole, RAW_CUSTOM_FEATURES)
        return Stored(int(added), int(changed), _unknown(client, listed))


def _unknown(client: Client, listed: str) -> int:
    """Return how many rows of `listed` have an address without built-in features in its snapshot."""
    query = (
        f"SELECT count() FROM {listed} WHERE ({_KEY}) NOT IN "
        f"(SELECT {_KEY} FROM {RAW_FEATURES.name} WHERE ({_SNAPSHOT}) IN (SELECT {_SNAPSHOT} FROM {listed}))"
    )
    return int(client.query(query).result_rows[0][0])

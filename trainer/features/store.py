"""Keeps `raw_custom_features`: a file's values replace those of its columns and addresses; the rest stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trainer.keys import SNAPSHOT_KEY
from trainer.warehouse import RAW_CUSTOM_FEATURES, RAW_FEATURES, publish, side_table

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

_FEATURES = RAW_CUSTOM_FEATURES.name
_SNAPSHOT = ", ".join(SNAPSHOT_KEY)
_KEY = ", ".join((*SNAPSHOT_KEY, "address"))


@dataclass(frozen=True)
class Stored:
    """What storing changed: addresses new to the table, and others whose values differ now; addresses no snapshot knows."""

    added: int
    changed: int
    unknown: int


def feature_table(keys: pd.DataFrame, values: dict[str, np.ndarray]) -> pa.Table:
    """Return checked rows in the columns and types of `raw_custom_features`; a missing value has no key."""
    names = sorted(values)
    matrix = np.column_stack([values[name] for name in names]).astype(np.float32)
    present = ~np.isnan(matrix)
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
    words = pa.array(names, pa.string()).take(pa.array(np.nonzero(present)[1]))
    count = len(keys)
    return pa.table(
        {
            "network": pa.array(keys["network"].tolist(), pa.string()),
            "processing_date": pa.array([date.fromisoformat(text[:10]) for text in keys["processing_date"]], pa.date32()),
            "window_days": pa.array([int(float(text)) for text in keys["window_days"]], pa.uint16()),
            "address": pa.array(keys["address"].tolist(), pa.string()),
            "features": pa.MapArray.from_arrays(pa.array(offsets), words, pa.array(matrix[present], pa.float32())),
            "ingested_at": pa.array([datetime.now(UTC)] * count, pa.timestamp("ms", "UTC")),
        }
    )


def store(client: Client, rows: pa.Table, columns: Sequence[str], *, dry_run: bool = False) -> Stored:
    """Give the rows' addresses the rows' values of `columns`; a value missing there goes, other columns and addresses stay.

    Rows that change nothing are not written again. A reader of a snapshot sees all of it or nothing.
    """
    with side_table(client, RAW_CUSTOM_FEATURES) as listed, side_table(client, RAW_CUSTOM_FEATURES) as whole:
        client.insert_arrow(listed, rows)
        there = f"SELECT * FROM {_FEATURES} FINAL WHERE ({_SNAPSHOT}) IN (SELECT {_SNAPSHOT} FROM {listed})"
        merged = (
            "SELECT new.network AS network, new.processing_date AS processing_date, new.window_days AS window_days, "
            "new.address AS address, new.ingested_at AS ingested_at, old.address IS NULL AS is_new, "
            "mapSort(mapUpdate(mapFilter((name, value) -> NOT has({columns:Array(String)}, name), old.features), new.features)) "
            "AS features, mapSort(old.features) AS before "
            f"FROM {listed} AS new LEFT JOIN ({there}) AS old ON old.address = new.address AND old.network = new.network "
            "AND old.processing_date = new.processing_date AND old.window_days = new.window_days"
        )
        # As text, because a missing number is not equal to itself.
        differing = f"SELECT * FROM ({merged}) WHERE toString(features) != toString(before)"
        parameters = {"columns": list(columns)}
        added, changed = client.query(
            f"SELECT countIf(is_new), countIf(NOT is_new) FROM ({differing})", parameters=parameters
        ).result_rows[0]
        if (added or changed) and not dry_run:
            names = f"{_KEY}, features, ingested_at"
            client.command(f"INSERT INTO {whole} ({names}) SELECT {names} FROM ({differing})", parameters=parameters)
            client.command(
                f"INSERT INTO {whole} ({names}) SELECT {names} FROM ({there}) WHERE ({_KEY}) NOT IN (SELECT {_KEY} FROM {whole})"
            )
            publish(client, whole, RAW_CUSTOM_FEATURES)
        return Stored(int(added), int(changed), _unknown(client, listed))


def _unknown(client: Client, listed: str) -> int:
    query = (
        f"SELECT count() FROM {listed} WHERE ({_KEY}) NOT IN "
        f"(SELECT {_KEY} FROM {RAW_FEATURES.name} WHERE ({_SNAPSHOT}) IN (SELECT {_SNAPSHOT} FROM {listed}))"
    )
    return int(client.query(query).result_rows[0][0])

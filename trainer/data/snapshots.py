"""Tells the snapshots apart that rows of a selection are of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

NETWORK = "network"
"""The key column of rows of several networks; rows of one have none."""


def snapshots_of(keys: pa.Table) -> np.ndarray:
    """Return what snapshot each row is of, text (n,): its date, and before it its network where there are several.

    Args:
        keys: n rows with processing_date and, where they are of several networks, network. `Selection.snapshot_sql` is the same
            in SQL.
    """
    days = np.asarray(keys["processing_date"].to_numpy(), dtype="datetime64[D]").astype(str)
    if NETWORK not in keys.column_names:
        return days
    return np.char.add(np.char.add(networks_of(keys), " "), days)


def networks_of(keys: pa.Table) -> np.ndarray:
    """Return the network of each row, text (n,); '' where all rows are of one."""
    if NETWORK not in keys.column_names:
        return np.full(len(keys), "", dtype=np.str_)
    return np.asarray(keys[NETWORK].to_pylist(), dtype=np.str_)

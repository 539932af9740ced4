"""A small snapshot for tests to write, change and load."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from tests.support.warehouse import counts
from trainer import connect

ADDRESSES = [f"0x{i:040x}" for i in range(6)]


def tables(rows: int = 6) -> dict[str, pd.DataFrame]:
    """Return the tables of a small snapshot of the October shape."""
    addresses = ADDRESSES[:rows]
    return {
        "alerts": pd.DataFrame(
            {"alert_id": [f"a{i}" for i in range(rows)], "address": addresses, "typology_type": "mixer", "volume_usd": 10.0}
        ),
        "features": pd.DataFrame({"address": addresses, "degree_in": 1, "total_in_usd": 5.0, "new_ratio": 0.5}),
        "clusters": pd.DataFrame({"cluster_id": ["c"], "cluster_type": ["x"], "addresses_involved": [addresses]}),
        "money_flows": pd.DataFrame({"from_address": addresses[:-1], "to_address": addresses[1:], "tx_count": 2}),
    }


def write(root: Path, frames: dict[str, pd.DataFrame], network: str = "badnet", key: str = "2025-08-01/90") -> Path:
    folder = root / "snapshots" / network / key
    folder.mkdir(parents=True)
    for stem, frame in frames.items():
        frame.to_parquet(folder / f"{stem}.parquet")
    return folder


def loaded(network: str) -> dict[str, int]:
    with connect() as client:
        return {table: rows for table, rows in counts(client, network).items() if rows}


def packed(path: Path, ending: str) -> Path:
    """Replace a file by its compressed twin, `.gz` or `.zst`, and return that."""
    result = path.with_name(path.name + ending)
    with pa.output_stream(result, compression={".gz": "gzip", ".zst": "zstd"}[ending]) as stream:
        stream.write(path.read_bytes())
    path.unlink()
    return result

"""Spells the addresses of rows that are inserted from Python, as `trainer ingest` and `trainer labels add` spell theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.addresses import canonical_all

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("raw_address_labels", "raw_standing_labels", "raw_custom_features", "raw_features")


def with_canonical_addresses(table: str, df: pd.DataFrame) -> pd.DataFrame:
    """Return the rows for a table with each address in the canonical spelling of its network; other tables' rows unchanged."""
    if table.rpartition(".")[2] not in TABLES or not {"address", "network"} <= set(df.columns):
        return df
    spelt = df["address"].tolist()
    for network, rows in df.groupby("network", sort=False).indices.items():
        texts = [row for row in rows if isinstance(spelt[row], str)]
        for row, address in zip(texts, canonical_all([spelt[row].strip() for row in texts], str(network)), strict=True):
            spelt[row] = address
    return df.assign(address=spelt)

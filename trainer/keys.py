"""The key of every fact (which network, which day, how many days back) and the SQL condition that selects one snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

SNAPSHOT_KEY = ("network", "processing_date", "window_days")
MAX_WINDOW_DAYS = 65_535
FIRST_DATE, LAST_DATE = date(1970, 1, 1), date(2149, 6, 6)  # the range of ClickHouse's type Date
NETWORKS_JOINED_BY = "+"  # which no name of a network has: see `trainer.addresses.network_problem`
_PARAMETER_TYPES = {"network": "String", "processing_date": "Date", "window_days": "UInt32"}


def where_equal(columns: Iterable[str]) -> str:
    """Return the SQL condition `column = {column:Type} AND …`; a column outside the snapshot key is text."""
    return " AND ".join(f"{column} = {{{column}:{_PARAMETER_TYPES.get(column, 'String')}}}" for column in columns)


def joined_networks(networks: Iterable[str]) -> str:
    """Return how several networks are named together: sorted, joined by `+`; a network alone by its own name."""
    return NETWORKS_JOINED_BY.join(sorted({one for name in networks for one in split_networks(name)}))


def split_networks(name: str) -> tuple[str, ...]:
    """Return the networks that a name of `joined_networks` stands for."""
    return tuple(name.split(NETWORKS_JOINED_BY))


WHERE_SNAPSHOT = where_equal(SNAPSHOT_KEY)
"""Selects the rows of one snapshot; takes `SnapshotKey.parameters`."""


@dataclass(frozen=True)
class SnapshotKey:
    """What every fact of one snapshot shares."""

    network: str
    processing_date: date
    window_days: int

    def __str__(self) -> str:
        return f"{self.network}/{self.processing_date}/{self.window_days}"

    @property
    def parameters(self) -> dict[str, Any]:
        """The key as query parameters."""
        return {
            "network": self.network,
            "processing_date": self.processing_date,
            "window_days": self.window_days,
        }

"""The key of every fact: which network, which day, how many days back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

SNAPSHOT_KEY = ("network", "processing_date", "window_days")
MAX_WINDOW_DAYS = 65_535
FIRST_DATE, LAST_DATE = date(1970, 1, 1), date(2149, 6, 6)  # the range of ClickHouse's type Date


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

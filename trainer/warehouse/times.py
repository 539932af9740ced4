"""How times are stored: whole seconds since 1970, of the years 2008 (before the first block of any chain) to 2099."""

from __future__ import annotations

FIRST_SECOND = 1_199_145_600  # 2008-01-01
END_SECOND = 4_102_444_800  # 2100-01-01
UNITS = {"s": 1, "ms": 10**3, "µs": 10**6, "ns": 10**9}
"""Unit of a number that is a time → how many of it a second has. Their ranges do not overlap: END_SECOND < 1000 FIRST_SECOND."""


def is_time(name: str, kind: str) -> bool:
    """Return whether a column of that name and ClickHouse type holds times: a DateTime, or a number called `…_timestamp`."""
    return "DateTime" in kind or name.endswith("_timestamp")


def seconds_of(column: str) -> str:
    """Return the SQL that turns a column of numbers, each in the unit that its range gives away, into seconds; 0 is missing."""
    larger = [(f"{column} >= {FIRST_SECOND * size}", f"intDiv({column}, {size})") for size in UNITS.values() if size > 1]
    branches = [part for condition, value in reversed(larger) for part in (condition, value)]
    return f"nullIf(multiIf({', '.join(branches)}, {column}), 0)"

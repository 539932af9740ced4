"""Prepares a DataFrame for `client.insert_df`: dates by their own calendar, and no missing dates, windows or networks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError
from trainer.keys import FIRST_DATE, LAST_DATE, MAX_WINDOW_DAYS, SNAPSHOT_KEY

if TYPE_CHECKING:
    import pandas as pd


def prepared(table: str, types: Mapping[str, str], df: pd.DataFrame) -> pd.DataFrame:
    """Return n rows as the driver inserts them.

    Args:
        table: name of the table, for messages.
        types: column → ClickHouse type.

    Raises:
        BadInputError: the frame has a column that the table lacks, lacks a part of the key, or has a row without a date, a window
            or a network; the message names the column.
    """
    if unknown := [str(name) for name in df.columns if name not in types]:
        raise BadInputError(f"{table} has no column {', '.join(unknown)}; it has: {', '.join(types)}.")
    # ClickHouse would store what is missing as 1970-01-01, 0 or ''.
    needed = [name for name in (*SNAPSHOT_KEY, "address") if name in types]
    if missing := [name for name in needed if name not in df.columns]:
        raise BadInputError(f"The rows for {table} have no column {', '.join(missing)}; add {_it(missing)}.")
    changed = {name: _dates(table, name, df[name], types[name]) for name in df.columns if "Date" in types[name]}
    for name in needed:
        if name not in changed:
            _require_values(table, name, df[name])
    if {"valid_from", "valid_to"} <= changed.keys():
        is_empty = changed["valid_to"] <= changed["valid_from"]
        if is_empty.any():
            raise BadInputError(f"{table}.valid_to is not after valid_from in {_rows(is_empty)}.")
    return df.assign(**changed) if changed else df


def _dates(table: str, name: str, column: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Return a column (n,) of dates, or of times for a column of times; None where it is missing and may be."""
    import pandas as pd

    is_missing = column.isna() | column.astype(str).str.strip().isin({"", "NaT", "nan", "None"})
    if is_missing.any() and not kind.startswith("Nullable"):
        raise BadInputError(f"{table}.{name} has no date in {_rows(is_missing)}.")
    if "DateTime" in kind:
        return column if pd.api.types.is_datetime64_any_dtype(column) else _parsed(table, name, column)
    return pd.Series(
        [None if missing else _day(table, name, value) for value, missing in zip(column, is_missing, strict=True)],
        index=column.index,
        dtype=object,
    )


def _day(table: str, name: str, value: Any) -> date:
    """Return the calendar date of a value as it is written: that of its own time zone, never converted to another."""
    text = str(value).strip()
    try:
        if isinstance(value, datetime):  # a pandas Timestamp is one
            day = value.date()
        elif isinstance(value, date):
            day = value
        else:
            day = datetime.fromisoformat(text).date() if len(text) > len("2025-08-01") else date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{table}.{name} needs dates such as 2025-08-01; found '{text[:64]}'.") from error
    if not FIRST_DATE <= day <= LAST_DATE:
        raise BadInputError(f"{table}.{name} takes dates from {FIRST_DATE} to {LAST_DATE}; found {day}.")
    return day


def _parsed(table: str, name: str, column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    try:
        # As text, because pandas would read a number such as 20250801 as nanoseconds since 1970.
        return pd.to_datetime(column.astype(str), format="ISO8601")
    except (ValueError, TypeError) as error:
        raise BadInputError(f"{table}.{name} needs times such as 2025-08-01 12:00:00; found {error}.") from error


def _require_values(table: str, name: str, column: pd.Series[Any]) -> None:
    import pandas as pd

    is_missing = column.isna() | (column.astype(str).str.strip() == "")
    if name == "window_days":
        windows = pd.to_numeric(column, errors="coerce")
        is_missing |= ~windows.between(1, MAX_WINDOW_DAYS) | (windows % 1 != 0)
        if is_missing.any():
            raise BadInputError(f"{table}.{name} is not a number of days from 1 to {MAX_WINDOW_DAYS} in {_rows(is_missing)}.")
    if is_missing.any():
        raise BadInputError(f"{table}.{name} is missing in {_rows(is_missing)}.")


def _rows(flags: pd.Series[bool]) -> str:
    """Return the positions of the flagged rows, counted from 0, in words."""
    positions = [position for position, flag in enumerate(flags) if flag]
    shown = ", ".join(map(str, positions[:5]))
    return (
        f"row {shown}"
        if len(positions) == 1
        else f"rows {shown}{f' and {len(positions) - 5} more' if len(positions) > 5 else ''}"
    )


def _it(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"

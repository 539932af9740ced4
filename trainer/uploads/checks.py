"""Checks what every row of a user's file must say right: which snapshot it is of, and whose address it names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer import addresses
from trainer.errors import BadInputError
from trainer.keys import FIRST_DATE, MAX_WINDOW_DAYS, SNAPSHOT_KEY

if TYPE_CHECKING:
    import pandas as pd

NUMBER = r"[0-9]+(\.0*)?"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?"


def require_key(path: Path, frame: pd.DataFrame, given: Mapping[str, Any]) -> None:
    """Refuse a file without rows, or without a part of the snapshot's key that is not given either.

    Raises:
        BadInputError: it is one.
    """
    if not len(frame):
        raise BadInputError(f"{path} has no rows.")
    if lacking := [name for name in SNAPSHOT_KEY if name not in frame.columns and given[name] is None]:
        options = ", ".join("--" + name.replace("_", "-") for name in lacking)
        raise BadInputError(f"{path} has no column {', '.join(lacking)}; give {options}.")


def note(frame: pd.DataFrame, problems: dict[int, str], bad: pd.Series, message: str, column: str) -> None:
    """Add the `bad` rows to `problems`, row number → what is wrong; what was found first stays."""
    for row, value in frame.loc[bad, column].items():
        problems.setdefault(int(row), f"{column} '{value[:64]}' {message}")


def note_key_problems(frame: pd.DataFrame, given: Mapping[str, Any], problems: dict[int, str]) -> None:
    """Add the rows whose date, window or network is none, or is not the one given; all three are columns of text."""
    import pandas as pd

    days, windows = _days(frame), _windows(frame)
    note(frame, problems, days.isna() | (days < pd.Timestamp(FIRST_DATE)), "is not a date such as 2025-08-01", "processing_date")
    note(frame, problems, days > pd.Timestamp(date.today()), "is in the future", "processing_date")
    window = f"is not a number of days from 1 to {MAX_WINDOW_DAYS}"
    note(frame, problems, ~windows.between(1, MAX_WINDOW_DAYS), window, "window_days")
    networks = {name: addresses.network_problem(name) is None for name in frame["network"].unique()}
    note(frame, problems, ~frame["network"].map(networks).astype(bool), "is not the name of a network", "network")
    if given["network"] is not None:
        other = frame["network"] != str(given["network"])
        note(frame, problems, other, f"is not the {given['network']} asked for", "network")
    if given["processing_date"] is not None:
        other = days.notna() & (days != pd.Timestamp(given["processing_date"]))
        note(frame, problems, other, f"is not the {given['processing_date']} asked for", "processing_date")
    if given["window_days"] is not None:
        other = windows.notna() & (windows != given["window_days"])
        note(frame, problems, other, f"is not the {given['window_days']} asked for", "window_days")


def note_address_problems(frame: pd.DataFrame, problems: dict[int, str]) -> None:
    """Add the rows whose address is none of their network."""
    known: dict[tuple[str, str], str | None] = {}  # a list names an address many times, and checksums cost
    for row, address, network in zip(frame.index, frame["address"], frame["network"], strict=True):
        if (address, network) not in known:
            known[address, network] = addresses.problem(address, network)
        if (found := known[address, network]) is not None:
            problems.setdefault(int(row), found)


def _days(frame: pd.DataFrame) -> pd.Series:
    import pandas as pd

    dated = frame["processing_date"].where(frame["processing_date"].str.fullmatch(DAY), "").str.slice(0, 10)
    return pd.to_datetime(dated, format="%Y-%m-%d", errors="coerce")


def _windows(frame: pd.DataFrame) -> pd.Series:
    import pandas as pd

    return pd.to_numeric(frame["window_days"].where(frame["window_days"].str.fullmatch(NUMBER), ""), errors="coerce")

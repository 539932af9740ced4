"""Checks the columns that every uploaded table shares: the snapshot key and the address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer import addresses
from trainer.errors import BadInputError, MissingKeyError
from trainer.keys import FIRST_DATE, MAX_WINDOW_DAYS, SNAPSHOT_KEY

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

NUMBER = r"[0-9]+(\.0*)?"
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?"


def option(name: str) -> str:
    """Return the command-line option of a parameter: `window_days` → `--window-days`."""
    return "--" + name.replace("_", "-")


def require_key(path: Path, frame: pd.DataFrame, given: Mapping[str, Any]) -> None:
    """Require rows, and every part of the snapshot key either as a column or in `given` (None for what is not given).

    Raises:
        MissingKeyError: a part of the key is missing.
        BadInputError: the file has no rows.
    """
    if not len(frame):
        raise BadInputError(f"{path} has no rows.")
    if missing := [name for name in SNAPSHOT_KEY if name not in frame.columns and given[name] is None]:
        raise MissingKeyError(
            f"{path} has no column {', '.join(missing)}; give {', '.join(map(option, missing))}.", missing, stated(frame)
        )


def stated(frame: pd.DataFrame) -> dict[str, set[str]]:
    """Return the values that a file has for parts of the snapshot key, as they are in the warehouse as text."""
    found = {name: {text.strip() for text in frame[name].astype(str)} - {""} for name in SNAPSHOT_KEY if name in frame.columns}
    if "processing_date" in found:
        found["processing_date"] = {text[:10] for text in found["processing_date"]}
    if "window_days" in found:
        found["window_days"] = {text.partition(".")[0] for text in found["window_days"]}
    return {name: values for name, values in found.items() if values}


def filled(frame: pd.DataFrame, name: str, default: str) -> pd.Series[str]:
    """Return a column (n,) as trimmed text, `default` where it is absent or empty."""
    import pandas as pd

    if name not in frame.columns:
        return pd.Series(default, index=frame.index, dtype=object)
    column = frame[name].astype(str).str.strip()
    return column.where(column != "", default)


def note_problem(frame: pd.DataFrame, problems: dict[int, str], is_bad: pd.Series, message: str, column: str) -> None:
    """Add to `problems` (row number → reason) the rows where `is_bad` (n,); a row keeps its first reason."""
    for row, value in frame.loc[is_bad, column].items():
        problems.setdefault(int(row), f"{column} '{value[:64]}' {message}")


def note_control_problems(frame: pd.DataFrame, problems: dict[int, str]) -> None:
    """Add to `problems` the rows with a control character, line breaks aside, or one that turns the direction of writing."""
    for column in map(str, frame.columns):
        found = {text: CONTROL.search(text) for text in frame[column].unique()}
        rows: pd.Series[str] = frame.loc[frame[column].isin([text for text, at in found.items() if at]), column]
        for row, text in zip(rows.index.tolist(), rows, strict=True):
            problems.setdefault(row, f"{column} has the control character {CONTROL.findall(text)[0]!a}")


def note_network_problems(frame: pd.DataFrame, given: Mapping[str, Any], problems: dict[int, str]) -> None:
    """Add to `problems` the rows whose network is no name of one or differs from the network in `given`."""
    is_network = {name: addresses.network_problem(name) is None for name in frame["network"].unique()}
    not_network = ~frame["network"].map(is_network).astype(bool)
    note_problem(frame, problems, not_network, "is not the name of a network", "network")
    _note_differences(frame, problems, "network", frame["network"], given["network"])


def note_key_problems(frame: pd.DataFrame, given: Mapping[str, Any], problems: dict[int, str]) -> None:
    """Add to `problems` the rows whose network, date or window is invalid or differs from the value in `given`.

    Args:
        frame: n rows; the columns of the snapshot key are text.
        given: the part of the key that the caller gave, None for the rest.
        problems: row number → reason, added to.
    """
    import pandas as pd

    windows = _windows(frame)
    days = note_day_problems(frame, problems, "processing_date")
    note_problem(frame, problems, days > pd.Timestamp(date.today()), "is in the future", "processing_date")
    window = f"is not a number of days from 1 to {MAX_WINDOW_DAYS}"
    note_problem(frame, problems, ~windows.between(1, MAX_WINDOW_DAYS), window, "window_days")
    note_network_problems(frame, given, problems)
    expected = None if given["processing_date"] is None else pd.Timestamp(given["processing_date"])
    _note_differences(frame, problems, "processing_date", days, expected)
    _note_differences(frame, problems, "window_days", windows, given["window_days"])


def note_day_problems(frame: pd.DataFrame, problems: dict[int, str], column: str) -> pd.Series[pd.Timestamp]:
    """Add to `problems` the rows whose `column` is not a date that the warehouse can hold; return the dates (n,), NaT if bad."""
    import pandas as pd

    dated = frame[column].where(frame[column].str.fullmatch(DAY), "").str.slice(0, 10)
    days = pd.to_datetime(dated, format="%Y-%m-%d", errors="coerce")
    is_no_date = days.isna() | (days < pd.Timestamp(FIRST_DATE))
    note_problem(frame, problems, is_no_date, "is not a date such as 2025-08-01", column)
    return days


def _note_differences(frame: pd.DataFrame, problems: dict[int, str], column: str, values: pd.Series[Any], expected: Any) -> None:
    if expected is not None:
        shown = expected.date() if column == "processing_date" else expected
        differs = values.notna() & (values != expected)
        note_problem(frame, problems, differs, f"differs from {option(column)} {shown}", column)


def note_address_problems(frame: pd.DataFrame, problems: dict[int, str]) -> None:
    """Add to `problems` (row number → reason) the rows whose address is not valid on the row's network."""
    known: dict[tuple[str, str], str | None] = {}  # lists repeat addresses, and checksums are slow
    for row, address, network in zip(frame.index, frame["address"], frame["network"], strict=True):
        if (address, network) not in known:
            known[address, network] = addresses.problem(address, network)
        if (reason := known[address, network]) is not None:
            problems.setdefault(int(row), reason)


def key_arrays(frame: pd.DataFrame) -> dict[str, pa.Array]:
    """Return the snapshot key of n checked rows of text, and the time of loading, in the types of the raw tables."""
    import pyarrow as pa

    return {
        "network": pa.array(frame["network"].tolist(), pa.string()),
        "processing_date": pa.array([date.fromisoformat(text[:10]) for text in frame["processing_date"]], pa.date32()),
        "window_days": pa.array([int(float(text)) for text in frame["window_days"]], pa.uint16()),
        "ingested_at": pa.array([datetime.now(UTC)] * len(frame), pa.timestamp("ms", "UTC")),
    }


def _windows(frame: pd.DataFrame) -> pd.Series[float]:
    import pandas as pd

    return pd.to_numeric(frame["window_days"].where(frame["window_days"].str.fullmatch(NUMBER), ""), errors="coerce")

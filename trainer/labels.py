"""Brings a user's labels into `raw_address_labels`: every row checked first, then all of them or none."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer import addresses
from trainer.errors import BadInputError
from trainer.label_files import AUTO, read_labels
from trainer.schema import RAW_ADDRESS_LABELS, SNAPSHOT_KEY, create_tables
from trainer.snapshot import FIRST_DATE, MAX_WINDOW_DAYS
from trainer.warehouse import side_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from clickhouse_connect.driver.client import Client

RISK_LEVELS = ("low", "medium", "high", "critical")
REQUIRED = ("address", "risk_level")
SHOWN_ERRORS = 10
NUMBER = r"[0-9]+(\.0*)?"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?"


@dataclass
class LabelsAdded:
    """What a label file brought: rows read, new to the warehouse, there before, and rejected with their reasons."""

    file: str
    rows: int
    added: int
    present: int
    rejected: int
    rejects_file: str | None = None
    ignored_columns: list[str] = field(default_factory=list)
    by_risk_level: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


def add_labels(
    client: Client,
    path: Path,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
    format: str = AUTO,
    source: str | None = None,
    dry_run: bool = False,
    skip_bad: bool = False,
) -> LabelsAdded:
    """Add the rows of a label file; adding a file again changes nothing.

    Args:
        network, processing_date, window_days, source: for files without such a column; where there is one they must agree.
        skip_bad: load the good rows and write the others, with reasons, to `<file>.rejects.csv`.

    Raises:
        BadInputError: the file cannot be read, lacks a column, or has bad rows (all are listed by number) without `skip_bad`.
    """
    import pandas as pd

    frame = read_labels(path, format)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    given = {"network": network, "processing_date": processing_date, "window_days": window_days, "source": source}
    known = {*RAW_ADDRESS_LABELS.types, *SNAPSHOT_KEY}
    ignored = sorted(set(frame.columns) - known)
    frame = _complete(path, frame, given)
    problems = _problems(frame, given)
    rejects_file = _reject(path, frame, problems, skip_bad=skip_bad, dry_run=dry_run) if problems else None
    good = frame[~frame.index.isin(problems)]
    create_tables(client)
    added = _insert(client, _table(good), dry_run=dry_run) if len(good) else 0
    return LabelsAdded(
        file=str(path),
        rows=len(frame),
        added=added,
        present=len(good) - added,
        rejected=len(problems),
        rejects_file=rejects_file,
        ignored_columns=ignored,
        by_risk_level={str(level): int(count) for level, count in good["risk_level"].value_counts().sort_index().items()},
    )


def _complete(path: Path, frame: pd.DataFrame, given: dict[str, Any]) -> pd.DataFrame:
    """Return the frame with every column of the table, trimmed, what the caller gives filled in."""
    if missing := [name for name in REQUIRED if name not in frame.columns]:
        raise BadInputError(f"{path} has no column {', '.join(missing)}; it has: {', '.join(frame.columns)}.")
    if not len(frame):
        raise BadInputError(f"{path} has no rows.")
    if lacking := [name for name in SNAPSHOT_KEY if name not in frame.columns and given[name] is None]:
        options = ", ".join("--" + name.replace("_", "-") for name in lacking)
        raise BadInputError(f"{path} has no column {', '.join(lacking)}; give {options}.")
    defaults = {"address_type": "unknown", "confidence_score": "0.5"}
    for name in (*SNAPSHOT_KEY, *RAW_ADDRESS_LABELS.types):
        fill = str(given[name]) if given.get(name) is not None else defaults.get(name, "")
        column = frame[name].astype(str).str.strip() if name in frame.columns else fill
        frame[name] = column
        frame[name] = frame[name].where(frame[name] != "", fill)
    frame["risk_level"] = frame["risk_level"].str.lower()
    return frame


def _problems(frame: pd.DataFrame, given: dict[str, Any]) -> dict[int, str]:
    """Return row number → what is wrong with it."""
    import pandas as pd

    problems: dict[int, str] = {}

    def note(bad: pd.Series, message: str, column: str) -> None:
        for row, value in frame.loc[bad, column].items():
            problems.setdefault(int(row), f"{column} '{value[:64]}' {message}")

    note(~frame["risk_level"].isin(RISK_LEVELS), f"is not one of {', '.join(RISK_LEVELS)}", "risk_level")
    confidence = pd.to_numeric(frame["confidence_score"], errors="coerce")
    note(~confidence.between(0, 1), "is not a number in [0, 1]", "confidence_score")
    dated = frame["processing_date"].where(frame["processing_date"].str.fullmatch(DAY), "").str.slice(0, 10)
    days = pd.to_datetime(dated, format="%Y-%m-%d", errors="coerce")
    note(days.isna() | (days < pd.Timestamp(FIRST_DATE)), "is not a date such as 2025-08-01", "processing_date")
    note(days > pd.Timestamp(date.today()), "is in the future", "processing_date")
    windows = pd.to_numeric(frame["window_days"].where(frame["window_days"].str.fullmatch(NUMBER), ""), errors="coerce")
    note(~windows.between(1, MAX_WINDOW_DAYS), f"is not a number of days from 1 to {MAX_WINDOW_DAYS}", "window_days")
    note(~frame["network"].map(lambda name: addresses.network_problem(name) is None), "is not the name of a network", "network")
    for name in ("network", "source"):
        if given[name] is not None:
            note(frame[name] != str(given[name]), f"is not the {given[name]} asked for", name)
    if given["processing_date"] is not None:
        other = days.notna() & (days != pd.Timestamp(given["processing_date"]))
        note(other, f"is not the {given['processing_date']} asked for", "processing_date")
    if given["window_days"] is not None:
        other = windows.notna() & (windows != given["window_days"])
        note(other, f"is not the {given['window_days']} asked for", "window_days")
    for row, address, network in zip(frame.index, frame["address"], frame["network"], strict=True):
        if (found := addresses.problem(address, network)) is not None:
            problems.setdefault(int(row), found)
    return problems


def _reject(path: Path, frame: pd.DataFrame, problems: dict[int, str], *, skip_bad: bool, dry_run: bool) -> str | None:
    if not skip_bad:
        shown = "; ".join(f"row {row}: {problems[row]}" for row in sorted(problems)[:SHOWN_ERRORS])
        more = f"; and {len(problems) - SHOWN_ERRORS} more rows" if len(problems) > SHOWN_ERRORS else ""
        raise BadInputError(f"{path}: {len(problems)} of {len(frame)} rows are bad, nothing was loaded: {shown}{more}.")
    if dry_run:
        return None
    rejects = path.with_name(path.name + ".rejects.csv")
    bad = frame[frame.index.isin(problems)]
    bad.assign(reason=[problems[row] for row in bad.index]).to_csv(rejects)
    return str(rejects)


def _table(frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    columns = {name: pa.array(frame[name].tolist(), pa.string()) for name in RAW_ADDRESS_LABELS.types}
    columns["confidence_score"] = pa.array(frame["confidence_score"].astype(float).tolist(), pa.float32())
    columns["network"] = pa.array(frame["network"].tolist(), pa.string())
    days = [date.fromisoformat(text[:10]) for text in frame["processing_date"]]
    columns["processing_date"] = pa.array(days, pa.date32())
    columns["window_days"] = pa.array([int(float(text)) for text in frame["window_days"]], pa.uint16())
    columns["ingested_at"] = pa.array([datetime.now(UTC)] * len(frame), pa.timestamp("ms", "UTC"))
    return pa.table(columns)


def _insert(client: Client, rows: pa.Table, *, dry_run: bool) -> int:
    """Insert the rows the table does not have yet and return how many they are."""
    key = ", ".join((*SNAPSHOT_KEY, *RAW_ADDRESS_LABELS.key_columns))
    with side_table(client, RAW_ADDRESS_LABELS) as side:
        client.insert_arrow(side, rows)
        new = client.query_arrow(
            f"SELECT * FROM {side} WHERE ({key}) NOT IN (SELECT {key} FROM {RAW_ADDRESS_LABELS.name}) "
            f"ORDER BY {key} LIMIT 1 BY {key}"
        )
    if new.num_rows and not dry_run:
        client.insert_arrow(RAW_ADDRESS_LABELS.name, new)
    return int(new.num_rows)

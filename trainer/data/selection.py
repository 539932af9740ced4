"""Which rows to read: a network, a window and dates, completed from what the warehouse has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, NotBuiltError
from trainer.keys import where_equal
from trainer.model_types import MODEL_TYPES, get_model_type
from trainer.warehouse import require_table, table_exists

if TYPE_CHECKING:
    from trainer.warehouse import Client


@dataclass(frozen=True)
class Selection:
    """Which rows: one network and window, an inclusive range of processing dates."""

    network: str
    start_date: date
    end_date: date
    window_days: int

    @property
    def parameters(self) -> dict[str, Any]:
        """The selection as query parameters."""
        return {
            "network": self.network,
            "start_date": self.start_date,
            "end_date": self.end_date,
            "window_days": self.window_days,
        }

    @property
    def where(self) -> str:
        """The SQL condition that selects these rows; takes `parameters`."""
        return f"{where_equal(('network', 'window_days'))} AND processing_date BETWEEN {{start_date:Date}} AND {{end_date:Date}}"


def resolve_selection(
    client: Client,
    model_type: str | None,
    network: str | None,
    start_date: date | None,
    end_date: date | None,
    window_days: int | None,
) -> Selection:
    """Return a full selection: a part that is not given is taken from the warehouse if that has only one value for it.

    Dates that are not given are the first and the last that exist; for one date, give it as both. Without a model type, the
    snapshots of all model types count.

    Raises:
        UsageError: there is no such model type.
        BadInputError: more than one snapshot fits (the message lists them), or none does.
        NotBuiltError: dbt has not run yet, or nothing was ingested.
    """
    existing = available(client, model_type)
    matching = [one for one in existing if network in (None, one.network) and window_days in (None, one.window_days)]
    choices = "; ".join(f"--network {one.network} --window-days {one.window_days}" for one in matching or existing)
    if not matching:
        wanted = f"network '{network}'" if network else "any network"
        window = f"window_days {window_days}" if window_days else "any window"
        grain = f"{get_model_type(model_type).grain} " if model_type else ""
        raise BadInputError(f"The warehouse has no {grain}rows of {wanted} with {window}; it has: {choices}.")
    if len(matching) > 1:
        raise BadInputError(f"Several snapshots fit; choose one of: {choices}.")
    one = matching[0]
    start, end = max(start_date or one.start_date, one.start_date), min(end_date or one.end_date, one.end_date)
    if start > end:
        raise BadInputError(
            f"There is no snapshot of {one.network} {one.window_days} from {start_date} to {end_date}; there are some from "
            f"{one.start_date} to {one.end_date}."
        )
    return Selection(one.network, start, end, one.window_days)


def available(client: Client, model_type: str | None = None) -> list[Selection]:
    """Return what a model type, or any, can score: one entry per network and window, with its first and last processing date.

    Raises:
        UsageError: there is no such model type.
        NotBuiltError: dbt has not run yet, or nothing was ingested.
    """
    kinds = [get_model_type(model_type)] if model_type is not None else list(MODEL_TYPES.values())
    tables = sorted({kind.scoring_table for kind in kinds})
    for table in tables:
        require_table(client, table)
    keys = " UNION ALL ".join(f"SELECT network, processing_date, window_days FROM {table}" for table in tables)
    rows = client.query(
        f"SELECT network, min(processing_date), max(processing_date), window_days FROM ({keys}) "
        "GROUP BY network, window_days ORDER BY network, window_days"
    ).result_rows
    if not rows:
        what = " and ".join(f"{table} is empty (0 rows)" for table in tables)
        raise NotBuiltError(f"{what}; run `trainer ingest` and then `dbt run`{_other_types(client, tables)}.")
    return [Selection(*row) for row in rows]


def _other_types(client: Client, empty: list[str]) -> str:
    """Return a hint at the model types whose scoring tables have rows, '' without any."""
    full = []
    for kind in MODEL_TYPES.values():
        if kind.scoring_table in empty or not table_exists(client, kind.scoring_table):
            continue
        rows = client.query(f"SELECT count() FROM {kind.scoring_table}").result_rows[0][0]
        full += [f"--model-type {kind.name} ({rows} rows)"] if rows else []
    return f", or use {' or '.join(full)}" if full else ""


def as_date(value: date | str) -> date:
    """Return a date for a date or ISO text.

    Raises:
        BadInputError: it is neither.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise BadInputError(f"'{value}' is not a date such as 2025-08-01.") from error

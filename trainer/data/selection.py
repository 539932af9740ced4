"""Which rows to read: one network or several, a window and dates, completed from what the warehouse has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, NotBuiltError, UsageError
from trainer.keys import joined_networks, split_networks, where_equal
from trainer.model_types import MODEL_TYPES, get_model_type
from trainer.warehouse import require_table, table_exists

if TYPE_CHECKING:
    from trainer.warehouse import Client


@dataclass(frozen=True)
class Selection:
    """Which rows: one network or several with one window, an inclusive range of processing dates.

    Attributes:
        network: a name, or several as `trainer.keys.joined_networks` joins them: `base+ethereum`.
    """

    network: str
    start_date: date
    end_date: date
    window_days: int

    @property
    def networks(self) -> tuple[str, ...]:
        """The name of each network."""
        return split_networks(self.network)

    @property
    def is_pooled(self) -> bool:
        """Whether there are several networks."""
        return len(self.networks) > 1

    @property
    def parameters(self) -> dict[str, Any]:
        """The selection as query parameters."""
        return {
            **({"networks": list(self.networks)} if self.is_pooled else {"network": self.network}),
            "start_date": self.start_date,
            "end_date": self.end_date,
            "window_days": self.window_days,
        }

    @property
    def where(self) -> str:
        """The SQL condition that selects these rows; takes `parameters`."""
        network = "network IN {networks:Array(String)}" if self.is_pooled else where_equal(["network"])
        return (
            f"{network} AND {where_equal(['window_days'])} AND processing_date BETWEEN {{start_date:Date}} AND {{end_date:Date}}"
        )

    @property
    def snapshot_sql(self) -> str:
        """The SQL of the text that `trainer.data.snapshots.snapshots_of` tells the snapshots of these rows apart by."""
        return "concat(network, ' ', toString(processing_date))" if self.is_pooled else "toString(processing_date)"


def resolve_selection(
    client: Client,
    model_type: str | None,
    network: str | Sequence[str] | None,
    start_date: date | None,
    end_date: date | None,
    window_days: int | None,
) -> Selection:
    """Return a full selection: a part that is not given is taken from the warehouse if that has only one value for it.

    Several networks (a list, or names joined by `+`) must have the same window.

    Dates that are not given are the first and the last that exist; for one date, give it as both. Without a model type, the
    snapshots of all model types count.

    Raises:
        UsageError: there is no such model type.
        BadInputError: more than one snapshot fits (the message lists them), or none does.
        NotBuiltError: dbt has not run yet, or nothing was ingested.
    """
    existing = available(client, model_type)
    if network is not None and len(names := split_networks(_joined(network))) > 1:
        return _pooled(existing, names, start_date, end_date, window_days)
    network = None if network is None else _joined(network)
    matching = [one for one in existing if network in (None, one.network) and window_days in (None, one.window_days)]
    choices = "; ".join(f"--network {one.network} --window-days {one.window_days}" for one in matching or existing)
    if not matching:
        wanted = f"network '{network}'" if network else "any network"
        window = f"window_days {window_days}" if window_days else "any window"
        grain = f"{get_model_type(model_type).grain} " if model_type else ""
        raise BadInputError(f"The warehouse has no {grain}rows of {wanted} with {window}; it has: {choices}.")
    if len(matching) > 1:
        raise BadInputError(f"Several snapshots fit; choose one of: {choices}.")
    return _within(matching[0], start_date, end_date)


def _joined(network: str | Sequence[str]) -> str:
    names = [network] if isinstance(network, str) else list(network)
    if not names:
        raise UsageError("No network is named; name one or several.")
    return joined_networks(names)


def _within(one: Selection, start_date: date | None, end_date: date | None) -> Selection:
    """Return what of a selection is within the dates."""
    start, end = max(start_date or one.start_date, one.start_date), min(end_date or one.end_date, one.end_date)
    if start > end:
        raise BadInputError(
            f"There is no snapshot of {one.network} {one.window_days} from {start_date} to {end_date}; there are some from "
            f"{one.start_date} to {one.end_date}."
        )
    return Selection(one.network, start, end, one.window_days)


def _pooled(
    existing: list[Selection],
    names: Sequence[str],
    start_date: date | None,
    end_date: date | None,
    window_days: int | None,
) -> Selection:
    """Return the selection of several networks: the window that all of them have, and the dates of any of them."""
    choices = "; ".join(f"--network {one.network} --window-days {one.window_days}" for one in existing)
    if unknown := [name for name in names if all(one.network != name for one in existing)]:
        raise BadInputError(f"The warehouse has no rows of network '{unknown[0]}' to score or train on; it has: {choices}.")
    windows = set.intersection(*({one.window_days for one in existing if one.network == name} for name in names))
    if window_days is not None:
        windows &= {window_days}
    if len(windows) != 1:
        shared = f"share the windows {', '.join(map(str, sorted(windows)))}; choose one by --window-days" if windows else ""
        wanted = "share no window" if window_days is None else f"do not all have a window of {window_days} days"
        raise BadInputError(f"The networks {', '.join(names)} {shared or wanted}; the warehouse has: {choices}.")
    (window,) = windows
    parts = [_within(one, start_date, end_date) for one in existing if one.network in names and one.window_days == window]
    start, end = min(one.start_date for one in parts), max(one.end_date for one in parts)
    return Selection(joined_networks(names), start, end, window)


def only_window(existing: Sequence[Selection], window_days: int | None = None) -> int:
    """Return the window that is given, or else the only one of what there is.

    Raises:
        BadInputError: there are several.
    """
    windows = sorted({one.window_days for one in existing} if window_days is None else {window_days})
    if len(windows) > 1:
        raise BadInputError(f"There are snapshots with windows of {', '.join(map(str, windows))} days; choose by --window-days.")
    return windows[0]


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


def scoring_dates(client: Client, model_type: str, selection: Selection) -> list[date]:
    """Return the processing dates of a selection's network and window that a model type can score, ascending."""
    query = (
        f"SELECT DISTINCT processing_date FROM {get_model_type(model_type).scoring_table} "
        f"WHERE {where_equal(('network', 'window_days'))} ORDER BY processing_date"
    )
    rows = client.query(query, parameters={"network": selection.network, "window_days": selection.window_days}).result_rows
    return [day for (day,) in rows]


def shared_dates(client: Client, model_type: str, selection: Selection) -> list[date]:
    """Return the processing dates of a selection on which every network of it has a snapshot, rising."""
    rows = client.query(
        f"SELECT processing_date FROM {get_model_type(model_type).scoring_table} WHERE {selection.where} "
        f"GROUP BY processing_date HAVING uniqExact(network) = {len(selection.networks)} ORDER BY processing_date",
        parameters=selection.parameters,
    ).result_rows
    return [day for (day,) in rows]


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

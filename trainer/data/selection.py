"""Which rows: networks, windows and dates, and what the warehouse has of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, NotEnoughLabelsError, UsageError
from trainer.warehouse import table_exists

if TYPE_CHECKING:
    from trainer.warehouse import Client

ALERT_RANKER = "alert_ranker"
GRAINS = {"alert_scorer": "alert", "address_scorer": "address", "cluster_scorer": "cluster", ALERT_RANKER: "alert"}
ID_COLUMNS = {"alert": "alert_id", "address": "address", "cluster": "cluster_id"}
TABLE_SUFFIX = {"alert": "alerts", "address": "addresses", "cluster": "clusters"}
MEMBERS = "member_addresses"
HELD_TOGETHER_BY = {"alert": "address", "address": "address", "cluster": MEMBERS}
"""The column whose values say which rows of a grain are not independent of each other."""


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


WHERE = (
    "network = {network:String} AND window_days = {window_days:UInt32} "
    "AND processing_date BETWEEN {start_date:Date} AND {end_date:Date}"
)


def scoring_table(client: Client, model_type: str) -> str:
    """Return the name of the table that holds everything a model type can score.

    Raises:
        NotEnoughLabelsError: dbt has not built it yet.
    """
    table = table_name("scoring", GRAINS[model_type])
    if not table_exists(client, table):
        raise NotEnoughLabelsError(f"There is no table {table} (0 rows to train on); run `dbt run` first.")
    return table


def table_name(purpose: str, grain: str) -> str:
    """Return the view that dbt builds for a purpose, `training` or `scoring`, and a grain."""
    return f"{purpose}_{TABLE_SUFFIX[grain]}"


def resolve_selection(
    client: Client,
    model_type: str | None,
    network: str | None,
    start_date: date | None,
    end_date: date | None,
    window_days: int | None,
) -> Selection:
    """Return a full selection: what is not given is what the warehouse has, where that leaves no choice.

    Dates that are not given are the first and the last there are; for one date, give it as both. Without a model type, what any
    of them can score counts.

    Raises:
        BadInputError: the choice is open (the message lists it), or there is no such snapshot.
        NotEnoughLabelsError: dbt has not run yet.
    """
    there = available(client, model_type)
    found = [one for one in there if network in (None, one.network) and window_days in (None, one.window_days)]
    choices = "; ".join(f"--network {one.network} --window-days {one.window_days}" for one in found or there)
    if not found:
        wanted = f"network '{network}'" if network else "any network"
        of = f"window_days {window_days}" if window_days else "any window"
        what = f"{TABLE_SUFFIX[GRAINS[model_type]]} of " if model_type else ""
        raise BadInputError(f"The warehouse has no {what}{wanted} with {of}; it has: {choices}.")
    if len(found) > 1:
        raise BadInputError(f"Say which snapshots: {choices}.")
    one = found[0]
    start, end = max(start_date or one.start_date, one.start_date), min(end_date or one.end_date, one.end_date)
    if start > end:
        raise BadInputError(
            f"There is no snapshot of {one.network} {one.window_days} from {start_date} to {end_date}; there are some from "
            f"{one.start_date} to {one.end_date}."
        )
    return Selection(one.network, start, end, one.window_days)


def available(client: Client, model_type: str | None = None) -> list[Selection]:
    """Return what a model type, or any, can score: one entry a network and window, with its first and last processing date.

    Raises:
        NotEnoughLabelsError: dbt has not run yet, or nothing was ingested.
        UsageError: there is no such model type.
    """
    if model_type is not None and model_type not in GRAINS:
        raise UsageError(f"There is no model type '{model_type}'; there are: {', '.join(GRAINS)}.")
    tables = sorted({scoring_table(client, one) for one in ([model_type] if model_type else GRAINS)})
    keys = " UNION ALL ".join(f"SELECT network, processing_date, window_days FROM {table}" for table in tables)
    rows = client.query(
        f"SELECT network, min(processing_date), max(processing_date), window_days FROM ({keys}) "
        "GROUP BY network, window_days ORDER BY network, window_days"
    ).result_rows
    if not rows:
        what = " and ".join(f"{table} is empty (0 rows)" for table in tables)
        raise NotEnoughLabelsError(f"{what}; run `trainer ingest` and then `dbt run`, or train another --model-type.")
    return [Selection(*row) for row in rows]


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

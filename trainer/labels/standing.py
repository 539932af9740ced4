"""Changes `raw_standing_labels`: labels that hold from a day to a day; every change is recorded in `label_history`.

A label is *open* until an edition of its list no longer has it, another value of the same label follows, or it is withdrawn.
Then it is *closed*: it keeps the days on which it held, so that the labels of earlier snapshots do not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError
from trainer.keys import FIRST_DATE
from trainer.labels.distinct import LABEL, OPEN, VALUE, listed_once
from trainer.labels.editions import (
    Edition,
    forget_editions,
    is_recorded,
    known_edition,
    newest_edition,
    record_edition,
    refuse_older,
)
from trainer.labels.history import ADDED, CLOSED, REMOVED, REPLACED, Origin, record
from trainer.labels.sides import ANY_PARTITIONS, count_rows, insert, sides
from trainer.warehouse import RAW_STANDING_LABELS, drop_partitions, publish

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from trainer.warehouse import Client

_LABELS = RAW_STANDING_LABELS.name
_COLUMNS = ", ".join(RAW_STANDING_LABELS.types)
DEFAULT_MAX_CLOSED = 0.2


@dataclass(frozen=True)
class StoredStanding:
    """What storing a list changed: labels that it opened and closed, older values it replaced; and its distinct labels.

    `day` is the edition's day; `is_known`: a complete edition has followed this content, nothing was changed.
    """

    added: int
    closed: int
    replaced: int
    distinct: int
    day: date
    is_known: bool = False


def standing_table(frame: pd.DataFrame) -> pa.Table:
    """Return n checked rows of text as an Arrow table in the columns and types of `raw_standing_labels`."""
    import pyarrow as pa

    columns = {name: pa.array(frame[name].tolist(), pa.string()) for name in RAW_STANDING_LABELS.types}
    columns["confidence_score"] = pa.array(frame["confidence_score"].astype(float).tolist(), pa.float32())
    for name in ("valid_from", "valid_to"):
        columns[name] = pa.array([date.fromisoformat(text[:10]) for text in frame[name]], pa.date32())
    return pa.table(columns)


def store_standing(client: Client, rows: pa.Table, edition: Edition, origin: Origin, *, dry_run: bool = False) -> StoredStanding:
    """Open the labels that are not open yet; a complete edition closes the labels of its list that it does not have.

    An open label keeps its first day, also under another value if the list has no dates. A closed label opens again on the day of
    the edition; today, if the list has no dates; not at all, if the edition is of an earlier day. An earlier value of a label
    holds until the day from which another one is known. A row with a last day closes the open label of the same value.

    Raises:
        BadInputError: the edition is older than one that is loaded, or closes more than its `max_closed` share.
    """
    with sides(client, RAW_STANDING_LABELS, 4) as (listed, fresh, ended, whole):
        client.insert_arrow(listed, rows, settings=ANY_PARTITIONS)
        distinct = count_rows(client, f"({listed_once(listed)})")
        has_labels = bool(count_rows(client, f"(SELECT 1 FROM {_LABELS} WHERE {_of_list(listed)} LIMIT 1)"))
        day = edition.day(newest_edition(client, listed), has_labels=has_labels)
        if known_edition(client, listed, edition):
            return StoredStanding(0, 0, 0, distinct, day, is_known=True)
        if edition.is_complete:
            refuse_older(client, listed, edition, day)
        floor = day if edition.is_complete and has_labels else FIRST_DATE
        parameters = {"day": day, "floor": floor, "today": date.today()}
        insert(client, _opened(listed, fresh), parameters)
        insert(client, _ended(listed, fresh, ended, edition), parameters)
        stored = _counted(client, fresh, ended, distinct, day)
        if edition.is_complete:
            _refuse_too_many(client, listed, fresh, ended, edition)
        if not dry_run:
            if stored.added or stored.closed or stored.replaced:
                _record(client, fresh, ended, origin)
                _replace(client, listed, fresh, ended, whole)
            if stored.added or stored.closed or edition.is_complete or not is_recorded(client, listed, edition, day):
                record_edition(client, listed, edition, origin, stored)
    return stored


def withdraw_standing(
    client: Client, source: str, network: str | None, from_day: date | None = None, *, dry_run: bool = False
) -> int:
    """Delete a source's standing labels, or close them on `from_day`, and return how many.

    Args:
        network: limits the change to a network; None matches all.
        from_day: first day on which the labels no longer hold; None deletes them, days of the past included.
    """
    parameters: dict[str, Any] = {"source": source, "network": network or "", "day": from_day or FIRST_DATE}
    chosen = "source = {source:String} AND ({network:String} = '' OR network = {network:String})"
    if from_day is not None:
        chosen += " AND valid_to > {day:Date}"
    columns = _COLUMNS.replace("valid_to", "{day:Date} AS valid_to")
    with sides(client, RAW_STANDING_LABELS, 4) as (listed, fresh, ended, whole):
        insert(client, f"{listed} ({_COLUMNS}) SELECT {_COLUMNS} FROM {_LABELS} FINAL WHERE {chosen}", parameters)
        insert(client, f"{ended} ({_COLUMNS}) SELECT {columns} FROM {listed}", parameters)
        count = count_rows(client, ended)
        if count and not dry_run:
            _record_ended(client, ended, REMOVED, Origin())
            # First: a killed removal must not leave editions that keep the files from being added again.
            if from_day is None:
                forget_editions(client, source)
            _replace(client, listed, fresh, ended, whole)
    return count


def _opened(listed: str, fresh: str) -> str:
    """Return the INSERT that fills `fresh` with the labels to open, and with those that the list gives a last day."""
    columns = _COLUMNS.replace("valid_from", "opens AS valid_from", 1).replace("valid_to", "ends AS valid_to")
    return f"""
        {fresh} ({_COLUMNS})
        SELECT {columns}
        FROM (
            {listed_once(listed)}
        ) AS new
        LEFT JOIN ({_known(listed)}) AS old ON old.label_hash = new.label_hash
        ARRAY JOIN [valid_from = toDate('{FIRST_DATE}') AND {{floor:Date}} = toDate('{FIRST_DATE}')] AS is_undated
        -- A list without dates does not say that a label held earlier than it is known to, nor again in the past.
        ARRAY JOIN [multiIf(
            NOT {OPEN}, valid_from,
            NOT is_undated, greatest(valid_from, {{floor:Date}}),
            notEmpty(open_values), assumeNotNull(open_from),
            closed_on > toDate('{FIRST_DATE}'), greatest({{today:Date}}, assumeNotNull(closed_on)),
            valid_from
        )] AS opens
        -- Until another value is known to hold.
        ARRAY JOIN [arrayMin(
            arrayPushBack(
                arrayMap(v -> v.2, arrayFilter(v -> NOT is_undated AND NOT has(listed_values, v.1) AND v.2 > opens, open_values)),
                valid_to
            )
        )] AS ends
        WHERE NOT if(
            {OPEN},
            arrayExists(v -> v.1 = value_hash AND (v.2 <= opens OR is_undated), open_values)
            OR (NOT is_undated AND ifNull(closed_on, opens) > opens),
            has(intervals, (value_hash, valid_from, valid_to))
        )
    """


def _known(listed: str) -> str:
    """Return the query for what is known of each label of the sources of a file: its open and closed intervals."""
    return f"""
        SELECT
            {LABEL} AS label_hash,
            maxIf(valid_to, NOT {OPEN}) AS closed_on,
            minIf(toNullable(valid_from), {OPEN}) AS open_from,
            groupArrayIf(({VALUE}, valid_from), {OPEN}) AS open_values,
            groupArray(({VALUE}, valid_from, valid_to)) AS intervals
        FROM {_LABELS} FINAL WHERE source IN (SELECT source FROM {listed})
        GROUP BY label_hash
    """


def _ended(listed: str, fresh: str, ended: str, edition: Edition) -> str:
    """Return the INSERT that fills `ended` with the labels to end; `valid_to` is the first day on which they do not hold.

    Those that would not hold on any day (`valid_to <= valid_from`) are deleted.
    """
    columns = _COLUMNS.replace("valid_to", "ends AS valid_to")
    return f"""
        {ended} ({_COLUMNS})
        SELECT {columns}
        FROM (
            SELECT *, {LABEL} AS label_hash, {VALUE} AS value_hash
            FROM {_LABELS} FINAL WHERE source IN (SELECT source FROM {listed})
        ) AS old
        LEFT JOIN (
            SELECT
                {LABEL} AS label_hash,
                minIf(toNullable(valid_from), {OPEN}) AS opens,
                groupArrayIf({VALUE}, {OPEN}) AS opened,
                groupArrayIf(({VALUE}, valid_from), NOT {OPEN}) AS dated
            FROM {fresh} GROUP BY label_hash
        ) AS new ON new.label_hash = old.label_hash
        LEFT JOIN (
            SELECT
                {LABEL} AS label_hash,
                groupUniqArrayIf({VALUE}, {OPEN}) AS kept,
                groupUniqArrayIf(({VALUE}, valid_to), NOT {OPEN}) AS last_days,
                groupUniqArray({VALUE}) AS listed_values
            FROM {listed} GROUP BY label_hash
        ) AS present ON present.label_hash = old.label_hash
        {_last_day(_of_list(listed, edition.network) if edition.is_complete else "false")}
        WHERE ends != old.valid_to
    """


def _last_day(gone: str) -> str:
    """Return the clause that computes when a label ends, see `_ended`; `gone` is the condition for what an edition must have."""
    listed_day = "arrayMap(v -> if(v.1 = value_hash, v.2, valid_from), arrayPushBack(last_days, (value_hash, valid_from)))"
    return f"""
        ARRAY JOIN [arrayMax({listed_day})] AS listed_day
        ARRAY JOIN [multiIf(
            -- A row with another last day replaces one that is closed. A last day to come is no reason to stay on the list.
            NOT {OPEN} AND has(dated, (value_hash, valid_from)), valid_from,
            NOT {OPEN}, if({gone} AND valid_to > {{day:Date}} AND NOT has(listed_values, value_hash), {{day:Date}}, valid_to),
            has(opened, value_hash), valid_from,
            has(kept, value_hash), valid_to,
            opens >= valid_from, assumeNotNull(opens),
            listed_day > valid_from, listed_day,
            {gone}, {{day:Date}},
            valid_to
        )] AS ends
    """


def _of_list(listed: str, network: str = "") -> str:
    """Return the condition that selects the labels of the lists in a file; of its networks only, if one was given."""
    of_network = f" AND network IN (SELECT network FROM {listed})" if network else ""
    return f"(source, list) IN (SELECT source, list FROM {listed}){of_network}"


def _counted(client: Client, fresh: str, ended: str, distinct: int, day: date) -> StoredStanding:
    query = f"SELECT count(), countIf({LABEL} IN (SELECT {LABEL} FROM {fresh})) FROM {ended}"
    ((total, replaced),) = client.query(query).result_rows
    return StoredStanding(count_rows(client, fresh), int(total - replaced), int(replaced), distinct, day)


def _refuse_too_many(client: Client, listed: str, fresh: str, ended: str, edition: Edition) -> None:
    """Refuse an edition that closes too large a share of one of its lists; a large list does not hide a small one.

    Raises:
        BadInputError: as the name says.
    """
    query = f"""
        SELECT source, open_labels, closed FROM (
            SELECT source, list, count() AS open_labels FROM {_LABELS} FINAL
            WHERE {OPEN} AND {_of_list(listed, edition.network)} GROUP BY source, list
        ) AS open
        INNER JOIN (
            SELECT source, list, count() AS closed FROM {ended} WHERE {LABEL} NOT IN (SELECT {LABEL} FROM {fresh})
            GROUP BY source, list
        ) AS closing ON closing.source = open.source AND closing.list = open.list
        WHERE closed / open_labels > {{share:Float64}} ORDER BY closed / open_labels DESC LIMIT 1
    """
    for source, open_labels, closed in client.query(query, parameters={"share": edition.max_closed}).result_rows:
        of_source = f" of {source}" if source else ""
        raise BadInputError(
            f"As a complete edition, {edition.file} would close {closed} of {open_labels} labels of the list{of_source} "
            f"({closed / open_labels:.0%}, more than {edition.max_closed:.0%}); nothing was changed. If the list did "
            "shrink that much, raise --max-closed; if the file is only a part of it, leave out --complete."
        )


def _record(client: Client, fresh: str, ended: str, origin: Origin) -> None:
    _record_ended(client, ended, REPLACED, origin)
    record(client, fresh, ADDED, origin, table=RAW_STANDING_LABELS)


def _record_ended(client: Client, ended: str, event: str, origin: Origin) -> None:
    """Record that labels are closed, or `event` for those that no longer hold on any day."""
    record(client, ended, event, origin, table=RAW_STANDING_LABELS, where="valid_to <= valid_from")
    record(client, ended, CLOSED, origin, table=RAW_STANDING_LABELS, where="valid_to > valid_from")


def _replace(client: Client, listed: str, fresh: str, ended: str, whole: str) -> None:
    """Put the changed rows in place; a reader sees all changes of a source or none."""
    row = f"({LABEL}, {VALUE}, valid_from)"
    of_sources = f"source IN (SELECT source FROM {listed})"
    for rows in (
        f"{_LABELS} FINAL WHERE {of_sources} AND {row} NOT IN (SELECT {row} FROM {ended})",
        f"{ended} WHERE valid_to > valid_from",
        fresh,
    ):
        insert(client, f"{whole} ({_COLUMNS}) SELECT {_COLUMNS} FROM {rows}")
    publish(client, whole, RAW_STANDING_LABELS)
    query = f"SELECT DISTINCT source FROM {listed} WHERE source NOT IN (SELECT source FROM {whole})"
    for (source,) in client.query(query).result_rows:
        drop_partitions(client, RAW_STANDING_LABELS, "source = {source:String}", {"source": source})

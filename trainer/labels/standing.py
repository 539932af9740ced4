"""Changes `raw_standing_labels`: labels that hold from a day to a day; every change is recorded in `label_history`.

A label is *open* until an edition of its list no longer has it, another value of the same label follows, or it is withdrawn.
Then it is *closed*: it keeps the days on which it held, so that the labels of earlier snapshots do not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError
from trainer.keys import FIRST_DATE, LAST_DATE
from trainer.labels.editions import Edition, forget_editions, is_recorded, known_edition, record_edition, refuse_older
from trainer.labels.history import ADDED, CLOSED, REMOVED, REPLACED, Origin, record
from trainer.warehouse import RAW_STANDING_LABELS, drop_partitions, publish, side_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from trainer.warehouse import Client

_LABELS = RAW_STANDING_LABELS.name
_COLUMNS = ", ".join(RAW_STANDING_LABELS.types)
_OPEN = f"valid_to = toDate('{LAST_DATE}')"
# What a list says of an address, and with which value.
_LABEL = "sipHash128(network, source, list, address, label, address_subtype)"
_VALUE = "sipHash128(risk_level, confidence_score, trust_level, publisher)"
_ANY_PARTITIONS = {"max_partitions_per_insert_block": 0}
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

    An open label keeps its first day, also under another value if the list has no dates. A closed label opens again on the day
    on which it was closed, or later. A row with a last day closes the open label of the same value.

    Raises:
        BadInputError: the edition is older than one that is loaded, or closes more than its `max_closed` share.
    """
    with _sides(client, 4) as (listed, fresh, ended, whole):
        client.insert_arrow(listed, rows, settings=_ANY_PARTITIONS)
        distinct = _count(client, f"(SELECT DISTINCT {_LABEL}, {_VALUE} FROM {listed})")
        has_labels = bool(_count(client, f"(SELECT 1 FROM {_LABELS} WHERE {_of_list(listed)} LIMIT 1)"))
        day = edition.day(has_labels=has_labels)
        if known_edition(client, listed, edition):
            return StoredStanding(0, 0, 0, distinct, day, is_known=True)
        if edition.is_complete:
            refuse_older(client, listed, edition, day)
        parameters = {"day": day, "floor": day if edition.is_complete and has_labels else FIRST_DATE}
        client.command(_opened(listed, fresh), parameters=parameters, settings=_ANY_PARTITIONS)
        client.command(_ended(listed, fresh, ended, edition), parameters=parameters, settings=_ANY_PARTITIONS)
        stored = _counted(client, fresh, ended, distinct, day)
        if edition.is_complete:
            _refuse_too_many(client, listed, edition, stored)
        if not dry_run:
            if stored.added or stored.closed or stored.replaced:
                _record(client, fresh, ended, origin)
                _replace(client, listed, fresh, ended, whole)
            if stored.added or stored.closed or edition.is_complete or not is_recorded(client, listed, day):
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
    with _sides(client, 4) as (listed, fresh, ended, whole):
        client.command(f"INSERT INTO {listed} ({_COLUMNS}) SELECT {_COLUMNS} FROM {_LABELS} FINAL WHERE {chosen}", parameters)
        client.command(f"INSERT INTO {ended} ({_COLUMNS}) SELECT {columns} FROM {listed}", parameters)
        count = _count(client, ended)
        if count and not dry_run:
            _record_ended(client, ended, REMOVED, Origin())
            # First: a killed removal must not leave editions that keep the files from being added again.
            if from_day is None:
                forget_editions(client, source)
            _replace(client, listed, fresh, ended, whole)
    return count


def _opened(listed: str, fresh: str) -> str:
    """Return the statement that fills `fresh` with the labels to open, and with those that the list gives a last day."""
    columns = _COLUMNS.replace("valid_from", "opens AS valid_from", 1)
    return f"""
        INSERT INTO {fresh} ({_COLUMNS})
        SELECT {columns}
        FROM (
            SELECT * FROM (
                SELECT *, {_LABEL} AS label_hash, {_VALUE} AS value_hash FROM {listed}
                -- Of rows that differ in nothing but their last day, the latest holds.
                ORDER BY valid_to DESC LIMIT 1 BY label_hash, value_hash, valid_from
            )
            ORDER BY valid_from LIMIT 1 BY label_hash, value_hash, if({_OPEN}, toDate('{FIRST_DATE}'), valid_from), valid_to
        ) AS new
        LEFT JOIN (
            SELECT
                {_LABEL} AS label_hash,
                maxIf(valid_to, NOT {_OPEN}) AS closed_on,
                minIf(toNullable(valid_from), {_OPEN}) AS open_from,
                groupArrayIf(({_VALUE}, valid_from), {_OPEN}) AS open_values,
                groupArray(({_VALUE}, valid_from, valid_to)) AS intervals
            FROM {_LABELS} FINAL WHERE source IN (SELECT source FROM {listed})
            GROUP BY label_hash
        ) AS old ON old.label_hash = new.label_hash
        -- A list without dates does not say that a label held earlier than it is known to.
        ARRAY JOIN [if(
            {_OPEN},
            greatest(
                if(valid_from = toDate('{FIRST_DATE}'), ifNull(open_from, valid_from), valid_from),
                {{floor:Date}},
                ifNull(closed_on, valid_from)
            ),
            valid_from
        )] AS opens
        WHERE NOT if(
            {_OPEN},
            arrayExists(v -> v.1 = value_hash AND (v.2 <= opens OR new.valid_from = toDate('{FIRST_DATE}')), open_values),
            has(intervals, (value_hash, valid_from, valid_to))
        )
    """


def _ended(listed: str, fresh: str, ended: str, edition: Edition) -> str:
    """Return the statement that fills `ended` with the labels to end; `valid_to` is the first day on which they do not hold.

    Those that would not hold on any day (`valid_to <= valid_from`) are deleted.
    """
    columns = _COLUMNS.replace("valid_to", "ends AS valid_to")
    return f"""
        INSERT INTO {ended} ({_COLUMNS})
        SELECT {columns}
        FROM (
            SELECT *, {_LABEL} AS label_hash, {_VALUE} AS value_hash
            FROM {_LABELS} FINAL WHERE source IN (SELECT source FROM {listed})
        ) AS old
        LEFT JOIN (
            SELECT
                {_LABEL} AS label_hash,
                minIf(toNullable(valid_from), {_OPEN}) AS opens,
                groupArrayIf({_VALUE}, {_OPEN}) AS opened,
                groupArrayIf(({_VALUE}, valid_from), NOT {_OPEN}) AS dated
            FROM {fresh} GROUP BY label_hash
        ) AS new ON new.label_hash = old.label_hash
        LEFT JOIN (
            SELECT
                {_LABEL} AS label_hash,
                groupUniqArrayIf({_VALUE}, {_OPEN}) AS kept,
                groupUniqArrayIf(({_VALUE}, valid_to), NOT {_OPEN}) AS last_days
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
            -- A row with another last day replaces one that is closed.
            NOT {_OPEN}, if(has(dated, (value_hash, valid_from)), valid_from, valid_to),
            has(opened, value_hash), valid_from,
            has(kept, value_hash), valid_to,
            opens IS NOT NULL, assumeNotNull(opens),
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
    ((added,),) = client.query(f"SELECT count() FROM {fresh}").result_rows
    query = f"SELECT count(), countIf({_LABEL} IN (SELECT {_LABEL} FROM {fresh})) FROM {ended}"
    ((total, replaced),) = client.query(query).result_rows
    return StoredStanding(int(added), int(total - replaced), int(replaced), distinct, day)


def _refuse_too_many(client: Client, listed: str, edition: Edition, stored: StoredStanding) -> None:
    open_labels = _count(client, f"(SELECT 1 FROM {_LABELS} FINAL WHERE {_OPEN} AND {_of_list(listed, edition.network)})")
    if open_labels and stored.closed / open_labels > edition.max_closed:
        raise BadInputError(
            f"As a complete edition, {edition.file} would close {stored.closed} of {open_labels} labels of the list "
            f"({stored.closed / open_labels:.0%}, more than {edition.max_closed:.0%}); nothing was changed. If the list did "
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
    row = f"({_LABEL}, {_VALUE}, valid_from)"
    of_sources = f"source IN (SELECT source FROM {listed})"
    for rows in (
        f"{_LABELS} FINAL WHERE {of_sources} AND {row} NOT IN (SELECT {row} FROM {ended})",
        f"{ended} WHERE valid_to > valid_from",
        fresh,
    ):
        client.command(f"INSERT INTO {whole} ({_COLUMNS}) SELECT {_COLUMNS} FROM {rows}", settings=_ANY_PARTITIONS)
    publish(client, whole, RAW_STANDING_LABELS)
    query = f"SELECT DISTINCT source FROM {listed} WHERE source NOT IN (SELECT source FROM {whole})"
    for (source,) in client.query(query).result_rows:
        drop_partitions(client, RAW_STANDING_LABELS, "source = {source:String}", {"source": source})


@contextmanager
def _sides(client: Client, count: int) -> Iterator[list[str]]:
    """Yield the names of `count` empty side tables of `raw_standing_labels`, dropped afterwards."""
    if not count:
        yield []
        return
    with side_table(client, RAW_STANDING_LABELS) as side, _sides(client, count - 1) as others:
        yield [side, *others]


def _count(client: Client, rows: str) -> int:
    return int(client.query(f"SELECT count() FROM {rows}").result_rows[0][0])

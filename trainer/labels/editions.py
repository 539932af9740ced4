"""Editions of a list of standing labels: which files were loaded, for which day, and which of them is the newest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from trainer.errors import BadInputError
from trainer.keys import FIRST_DATE
from trainer.labels.history import CLOSED, REMOVED
from trainer.warehouse import LABEL_EDITIONS, LABEL_HISTORY, drop_partitions

if TYPE_CHECKING:
    from trainer.labels.history import Origin
    from trainer.labels.standing import StoredStanding
    from trainer.warehouse import Client

_EDITIONS = LABEL_EDITIONS.name


@dataclass(frozen=True)
class Edition:
    """A file of standing labels.

    Attributes:
        file: its path, for messages.
        network: the network that the caller gave; '' for those that the file names.
        given_day: first day on which its labels hold, as the caller gave it; None if it was not given.
        own_day: the publisher's date of the list; None if it has none.
        is_complete: whether the file is the whole list, so that labels it does not have are closed.
        max_closed: share of the list's labels that a complete edition may close.
    """

    file: str
    network: str = ""
    given_day: date | None = None
    own_day: date | None = None
    is_complete: bool = False
    max_closed: float = 0.2

    @property
    def content(self) -> str:
        """SQL of a hash of the rows, without a day that the caller gave: the same file is the same edition on any such day."""
        first_day = "valid_from" if self.given_day is None else f"toDate('{FIRST_DATE}')"
        return (
            "toString(sum(sipHash64(network, address, label, address_subtype, risk_level, confidence_score, trust_level, "
            f"publisher, {first_day}, valid_to)))"
        )

    def day(self, newest: date | None, *, has_labels: bool) -> date:
        """Return the first day of the edition: as given, else the publisher's, else today if its list has labels.

        Args:
            newest: day of the newest edition that is loaded. A publisher's date that is not later dates some of the rows, and
                not the edition: what a complete edition no longer has did not end on that day.
        """
        if self.given_day is not None:
            return self.given_day
        if self.own_day is not None and not (self.is_complete and has_labels and newest is not None and self.own_day <= newest):
            return self.own_day
        return date.today() if self.is_complete and has_labels else FIRST_DATE


def known_edition(client: Client, listed: str, edition: Edition) -> bool:
    """Return whether each list of the file was loaded with this content before, and a complete edition has followed it.

    Adding it again would otherwise open labels that the later edition closed. After labels of the source were removed, nothing
    is known any more: adding its files brings them back.
    """
    query = f"""
        SELECT count(), countIf(is_known) FROM (
            SELECT new.source, new.list, max(
                old.content_hash = new.content_hash
                AND old.network = {{network:String}}
                AND (old.is_complete OR NOT {{complete:Bool}})
                AND ({{given:String}} = '' OR toString(old.edition_date) = {{given:String}})
                AND last_complete >= old.loaded_at
                AND old.loaded_at > ifNull(removed.last_removed, toDateTime64(0, 3))
            ) AS is_known
            FROM (SELECT source, list, {edition.content} AS content_hash FROM {listed} GROUP BY source, list) AS new
            LEFT JOIN (
                SELECT *, maxIf(loaded_at, is_complete) OVER (PARTITION BY source, list) AS last_complete FROM {_EDITIONS} FINAL
            ) AS old ON old.source = new.source AND old.list = new.list
            LEFT JOIN (
                SELECT source, max(changed_at) AS last_removed FROM {LABEL_HISTORY.name}
                WHERE window_days = 0 AND file = '' AND event IN ('{CLOSED}', '{REMOVED}')
                    AND source IN (SELECT source FROM {listed})
                GROUP BY source
            ) AS removed ON removed.source = new.source
            GROUP BY new.source, new.list
        )
    """
    given = "" if edition.given_day is None else str(edition.given_day)
    parameters = {"network": edition.network, "complete": edition.is_complete, "given": given}
    ((lists, known),) = client.query(query, parameters=parameters).result_rows
    return bool(lists) and lists == known


def newest_edition(client: Client, listed: str) -> date | None:
    """Return the day of the newest loaded edition of the lists of a file; None if none is loaded."""
    of_list = f"(source, list) IN (SELECT source, list FROM {listed})"
    return client.query(f"SELECT maxOrNull(edition_date) FROM {_EDITIONS} WHERE {of_list}").result_rows[0][0]


def is_recorded(client: Client, listed: str, edition: Edition, day: date) -> bool:
    """Return whether each list of the file was recorded with this content for this day or a later one."""
    query = f"""
        SELECT count() FROM (SELECT source, list, {edition.content} AS content_hash FROM {listed} GROUP BY source, list) AS new
        WHERE (source, list, content_hash) NOT IN (
            SELECT source, list, content_hash FROM {_EDITIONS} WHERE edition_date >= {{day:Date}}
        )
    """
    return not client.query(query, parameters={"day": day}).result_rows[0][0]


def refuse_older(client: Client, listed: str, edition: Edition, day: date) -> None:
    """Refuse a complete edition of a day before that of an edition that is loaded.

    Raises:
        BadInputError: there is a later edition, or the file does not say which of the source's lists it is.
    """
    latest = newest_edition(client, listed)
    if latest is not None and latest > day:
        raise BadInputError(
            f"{edition.file} is an edition of {day}, but one of {latest} is loaded; load editions from the oldest to the newest, "
            "or give its day with --valid-from."
        )
    query = (
        f"SELECT source, arraySort(groupUniqArray(list)) FROM {_EDITIONS} WHERE list != '' "
        f"AND source IN (SELECT source FROM {listed} WHERE list = '') GROUP BY source"
    )
    for source, lists in client.query(query).result_rows:
        raise BadInputError(
            f"{edition.file} does not say which list of {source} it is ({', '.join(lists)}), so that nothing can be closed; "
            "keep the publisher's file name."
        )


def record_edition(client: Client, listed: str, edition: Edition, origin: Origin, stored: StoredStanding) -> None:
    """Record a loaded file, one row per list in it."""
    parameters = {
        "network": edition.network,
        "day": stored.day,
        "complete": edition.is_complete,
        "added": stored.added,
        "closed": stored.closed,
        "file": origin.file,
        "sha256": origin.sha256,
    }
    client.command(
        f"INSERT INTO {_EDITIONS} (source, list, network, edition_date, is_complete, content_hash, labels, added, closed, file, "
        "file_sha256, loaded_at) SELECT source, list, {network:String}, {day:Date}, {complete:Bool}, "
        f"{edition.content}, count(), {{added:UInt64}}, {{closed:UInt64}}, {{file:String}}, {{sha256:String}}, now64(3) "
        f"FROM {listed} GROUP BY source, list",
        parameters=parameters,
        settings={"max_partitions_per_insert_block": 0},
    )


def forget_editions(client: Client, source: str) -> None:
    """Forget the editions of a source whose labels were deleted, so that its files can be added again."""
    drop_partitions(client, LABEL_EDITIONS, "source = {source:String}", {"source": source})

"""Summarises the sources of labels: how many labels each has, how old its newest edition is, and where its labels match."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from trainer.keys import FIRST_DATE, LAST_DATE, SnapshotKey
from trainer.labels.taxonomy import read_taxonomy
from trainer.warehouse import (
    ADDRESS_LABELS,
    LABEL_EDITIONS,
    RAW_ADDRESS_LABELS,
    RAW_STANDING_LABELS,
    create_tables,
    require_table,
    table_exists,
)

if TYPE_CHECKING:
    from trainer.warehouse import Client

_SUMMARY = "fct_label_source_summary"


@dataclass
class LabelSource:
    """A source of labels.

    Attributes:
        kind: `sot`, `stamped` or `standing`; a source may have several, separated by commas.
        labels: number of labels that stand open or are stamped.
        delisted: number of standing labels that ended.
        edition, age_days: day of the newest edition, and days from it to today; None if its lists give no day.
        loaded_at: when a list of the source was last loaded, as text; None for stamped labels.
        by_risk_level: risk level → number of these labels, by the seeds as they are now.
        unmapped: number of labels whose category has no risk level in the taxonomy: they abstain.
        matched: snapshot → number of labelled addresses that occur in it, as dbt last built it.
        decay: share of matched addresses that the newest snapshot lost against the first one; None with fewer than two.
    """

    source: str
    kind: str
    labels: int
    addresses: int
    delisted: int = 0
    edition: str | None = None
    age_days: int | None = None
    loaded_at: str | None = None
    by_risk_level: dict[str, int] = field(default_factory=dict)
    unmapped: int = 0
    matched: dict[str, int] = field(default_factory=dict)
    decay: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        return asdict(self)


def label_sources(client: Client, today: date | None = None) -> list[LabelSource]:
    """Return the sources with labels, sorted by name.

    Args:
        today: the day that ages are counted to, by default today.
    """
    create_tables(client)
    rows = client.query(_COUNTED).result_rows
    sources = {
        source: LabelSource(source, kind, int(labels), int(addresses), int(delisted))
        for source, kind, labels, addresses, delisted in rows
    }
    query = (
        "SELECT if(source = '', 'custom', toString(source)) AS source, max(edition_date), toString(max(loaded_at)) "
        f"FROM {LABEL_EDITIONS.name} GROUP BY source"
    )
    for source, edition, loaded_at in client.query(query).result_rows:
        if source in sources:
            sources[source].loaded_at = loaded_at[:19]
            if edition > FIRST_DATE:
                sources[source].edition = str(edition)
                sources[source].age_days = ((today or date.today()) - edition).days
    _add_levels(client, sources)
    if table_exists(client, _SUMMARY):
        require_table(client, _SUMMARY, "matched_addresses")
        _add_matches(client, sources)
    return list(sources.values())


_COLUMNS = "label, address_subtype, risk_level, network, address"
_OF_LISTS = f"if(source = '', 'custom', toString(source)) AS source, publisher, {_COLUMNS}"
_LABELS = f"""
    SELECT if(source = '', 'sot', toString(source)) AS source, '' AS publisher, {_COLUMNS}, 'sot' AS kind, true AS is_open
    FROM {ADDRESS_LABELS.name} FINAL
    UNION ALL
    SELECT {_OF_LISTS}, 'stamped', true FROM {RAW_ADDRESS_LABELS.name} FINAL
    UNION ALL
    SELECT {_OF_LISTS}, 'standing', valid_to = toDate('{LAST_DATE}') FROM {RAW_STANDING_LABELS.name} FINAL
"""
_COUNTED = f"""
    SELECT source, arrayStringConcat(arraySort(groupUniqArray(kind)), ', '), countIf(is_open), uniqExact(network, address),
        countIf(NOT is_open)
    FROM ({_LABELS}) GROUP BY source ORDER BY source
"""


def _add_levels(client: Client, sources: dict[str, LabelSource]) -> None:
    taxonomy = read_taxonomy()
    # Names are as many as addresses; only those that the taxonomy knows can have a meaning.
    query = (
        "SELECT source, publisher, label, "
        "if(has({names:Array(String)}, lower(trim(address_subtype))), address_subtype, '') AS name, "
        f"lower(trim(risk_level)) AS level, count() FROM ({_LABELS}) WHERE is_open GROUP BY ALL ORDER BY ALL"
    )
    result = client.query(query, parameters={"names": taxonomy.risky_terms()})
    for source, publisher, label, name, own_level, count in result.result_rows:
        one, level = sources[source], own_level
        if publisher and not own_level:
            meaning = taxonomy.meaning(publisher, label, name)
            level = "" if meaning is None else meaning.risk_level
            one.unmapped += int(count) if meaning is None else 0
        if level:
            one.by_risk_level[level] = one.by_risk_level.get(level, 0) + int(count)


def _add_matches(client: Client, sources: dict[str, LabelSource]) -> None:
    query = (
        f"SELECT source, network, processing_date, window_days, matched_addresses FROM {_SUMMARY} "
        "ORDER BY network, window_days, processing_date"
    )
    series: dict[tuple[str, str, int], list[int]] = {}
    for source, network, day, window, matched in client.query(query).result_rows:
        if source not in sources:
            continue
        one = sources[source]
        one.matched[str(SnapshotKey(network, day, window))] = int(matched)
        series.setdefault((source, network, window), []).append(int(matched))
    for source, one in sources.items():
        longest = max((counts for key, counts in series.items() if key[0] == source), key=len, default=[])
        if len(longest) > 1 and longest[0]:
            one.decay = round(1 - longest[-1] / longest[0], 4)

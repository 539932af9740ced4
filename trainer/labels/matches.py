"""Counts the labels whose address occurs in an ingested snapshot: the others change nothing, and a near miss says why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainer import addresses
from trainer.keys import WHERE_SNAPSHOT, SnapshotKey
from trainer.labels.checks import STAMP
from trainer.warehouse import (
    RAW_ADDRESS_LABELS,
    RAW_ALERTS,
    RAW_CLUSTERS,
    RAW_FEATURES,
    RAW_MONEY_FLOWS,
    RAW_STANDING_LABELS,
    Table,
    side_table,
)

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

_KEY = "network, processing_date, window_days"
_SPELLING = "lower({address})"  # a snapshot may write an address in another case
# An account whatever its prefix is, as the macro `account` has it.
_SS58_ACCOUNT = (
    "if(length(tryBase58Decode({address}) AS bytes) IN (35, 36), hex(substring(bytes, length(bytes) - 33, 32)), {address})"
)
# Where an address of a snapshot may be.
_OCCURRENCES = (
    (RAW_FEATURES, "address"),
    (RAW_ALERTS, "address"),
    (RAW_CLUSTERS, "arrayJoin(addresses_involved)"),
    (RAW_MONEY_FLOWS, "arrayJoin([from_address, to_address])"),
)
SHOWN_SNAPSHOTS = 5


@dataclass(frozen=True)
class Matches:
    """Which ingested snapshots the addresses of a list occur in.

    Attributes:
        matched: snapshot → number of the list's addresses in it that its labels apply to.
        unknown: number of the list's addresses in no snapshot that its labels could apply to.
        hints: near misses, as sentences: other windows or dates, another spelling of the network.
    """

    matched: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    hints: list[str] = field(default_factory=list)


def matches(client: Client, rows: pd.DataFrame) -> Matches:
    """Return where n checked rows of labels match, stamped or standing."""
    with _listed(client, rows) as listed:
        query = f"""
            SELECT network, processing_date, window_days, listed_network,
                uniqExactIf(spelling, is_exact) AS exact, uniqExact(spelling) AS near
            FROM (
                SELECT occurring.*, listed.network AS listed_network,
                    occurring.network = listed.network AND (
                        listed.list = '' OR listed.list = concat(toString(processing_date), '/', toString(window_days))
                    ) AS is_exact
                FROM ({_occurring(f"spelling IN (SELECT lower(address) FROM {listed})")}) AS occurring
                INNER JOIN {listed} AS listed
                    ON lower(listed.address) = occurring.spelling AND lower(listed.network) = lower(occurring.network)
            )
            GROUP BY ALL ORDER BY ALL
        """
        found = client.query(query).result_rows
        known = _known(client, listed)
        keys = client.query(f"SELECT DISTINCT network, list FROM {listed} ORDER BY ALL").result_rows
        snapshots = client.query(f"SELECT DISTINCT {_KEY} FROM {RAW_FEATURES.name} ORDER BY ALL").result_rows
        ingested = [SnapshotKey(*key) for key in snapshots]
        total = int(client.query(f"SELECT uniqExact(network, address, list) FROM {listed}").result_rows[0][0])
    matched = {str(SnapshotKey(*key)): int(exact) for *key, _, exact, _ in found if exact}
    # Other snapshots have the addresses of a stamped list as well; that is worth saying only where its own lacks some.
    return Matches(matched, total - known, _hints(found if total > known else [], keys, ingested))


def labels_of_snapshot(client: Client, key: SnapshotKey) -> dict[str, int]:
    """Return source → number of its addresses that occur in a snapshot and whose labels apply to it, sorted by source."""
    if not _has_labels(client, (RAW_STANDING_LABELS, RAW_ADDRESS_LABELS), key.network):
        return {}
    spelling = _SS58_ACCOUNT if addresses.form_of(key.network) is addresses.SS58 else _SPELLING
    account = spelling.format(address="address")
    query = f"""
        WITH labelled AS (
            SELECT source, address FROM {RAW_STANDING_LABELS.name} FINAL
            WHERE network = {{network:String}} AND valid_from <= {{processing_date:Date}} AND {{processing_date:Date}} < valid_to
            UNION ALL
            SELECT source, address FROM {RAW_ADDRESS_LABELS.name} FINAL WHERE {WHERE_SNAPSHOT}
        )
        SELECT source, uniqExact({account} AS account) FROM labelled
        WHERE account IN (SELECT spelling FROM ({_occurring(WHERE_SNAPSHOT, spelling)}))
        GROUP BY source ORDER BY source
    """
    return {source: int(count) for source, count in client.query(query, parameters=key.parameters).result_rows}


def labels_of_other_snapshots(client: Client, key: SnapshotKey) -> dict[str, int]:
    """Return source → number of addresses of a snapshot that only its labels for other snapshots of the network speak of."""
    if not _has_labels(client, (RAW_ADDRESS_LABELS,), key.network):
        return {}
    spelling = _SS58_ACCOUNT if addresses.form_of(key.network) is addresses.SS58 else _SPELLING
    account = spelling.format(address="address")
    query = f"""
        SELECT source, uniqExact(account) FROM (
            SELECT source, {account} AS account FROM {RAW_ADDRESS_LABELS.name} FINAL
            WHERE network = {{network:String}} GROUP BY source, account HAVING NOT max({WHERE_SNAPSHOT})
        )
        WHERE account IN (SELECT spelling FROM ({_occurring(WHERE_SNAPSHOT, spelling)}))
        AND (source, account) NOT IN (
            SELECT source, {account} FROM {RAW_STANDING_LABELS.name} FINAL
            WHERE network = {{network:String}} AND valid_from <= {{processing_date:Date}} AND {{processing_date:Date}} < valid_to
        )
        GROUP BY source ORDER BY source
    """
    return {source: int(count) for source, count in client.query(query, parameters=key.parameters).result_rows}


def _has_labels(client: Client, tables: Iterable[Table], network: str) -> bool:
    """Return whether a network has rows in one of the tables; if not, its snapshots need not be read."""
    query = " UNION ALL ".join(f"(SELECT 1 FROM {table.name} WHERE network = {{network:String}} LIMIT 1)" for table in tables)
    return bool(client.query(query, parameters={"network": network}).result_rows)


def _occurring(condition: str, spelling: str = _SPELLING) -> str:
    """Return the query for the snapshots' addresses, as `spelling`; it may be part of the condition."""
    return " UNION ALL ".join(
        f"SELECT {_KEY}, {expression} AS written, {spelling.format(address='written')} AS spelling "
        f"FROM {table.name} WHERE {condition}"
        for table, expression in _OCCURRENCES
    )


@contextmanager
def _listed(client: Client, rows: pd.DataFrame) -> Iterator[str]:
    """Yield a side table of the rows' network and address; `list` is their snapshot, '' for standing labels."""
    import pyarrow as pa

    keys = rows[["network", "address"]].assign(list="")
    if all(name in rows.columns for name in STAMP):
        windows = rows["window_days"].astype(float).astype(int).astype(str)
        keys["list"] = rows["processing_date"].str.slice(0, 10) + "/" + windows
    keys = keys.drop_duplicates()
    with side_table(client, RAW_STANDING_LABELS) as listed:
        columns = {name: pa.array(keys[name].tolist(), pa.string()) for name in keys.columns}
        client.insert_arrow(listed, pa.table(columns))
        yield listed


def _known(client: Client, listed: str) -> int:
    """Return how many of the listed keys occur in a snapshot that their labels could apply to."""
    condition = f"spelling IN (SELECT lower(address) FROM {listed})"
    query = f"""
        SELECT uniqExact(network, address, list) FROM {listed} WHERE
        (list = '' AND (network, lower(address)) IN (
            SELECT network, spelling FROM ({_occurring(condition)})
        ))
        OR (network, list, lower(address)) IN (
            SELECT network, concat(toString(processing_date), '/', toString(window_days)), spelling
            FROM ({_occurring(condition)})
        )
    """
    return int(client.query(query).result_rows[0][0])


def _hints(found: list[tuple[Any, ...]], listed: list[tuple[str, str]], ingested: list[SnapshotKey]) -> list[str]:
    """Return near misses as sentences.

    Args:
        found: the rows of the query in `matches`.
        listed: network and snapshot ('' for standing labels) of the labels.
        ingested: the ingested snapshots.
    """
    hints = []
    for network, snapshot in listed:
        own = [key for key in ingested if key.network == network]
        alike = sorted({key.network for key in ingested if key.network.lower() == network.lower()})
        if not own and alike:
            hints.append(f"no snapshot of network '{network}' is ingested, but of '{', '.join(alike)}'")
        elif own and snapshot and f"{network}/{snapshot}" not in map(str, own):
            hints.append(f"the snapshot {network}/{snapshot} is not ingested; of this network: {_shown(map(str, own))}")
    missed = [row for row in found if not row[4] and row[0] == row[3]]
    if missed:
        near = [f"{SnapshotKey(*row[:3])} ({row[5]})" for row in missed]
        hints.append(f"their addresses occur in other snapshots, to which the labels do not apply: {_shown(near)}")
    return hints


def _shown(names: Iterable[str]) -> str:
    known = sorted(names)
    more = f" and {len(known) - SHOWN_SNAPSHOTS} more" if len(known) > SHOWN_SNAPSHOTS else ""
    return ", ".join(known[:SHOWN_SNAPSHOTS]) + more

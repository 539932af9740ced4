"""Writes what a user's own `LabelStrategy` says back into the warehouse as votes, and withdraws them.

A strategy labels alerts, a vote is about an address: of an address with several alerts, the label with the greater sum of
weights is its vote, and a tie abstains. dbt hears these votes as `derived`, beside heuristics and never as gold.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trainer.data import Selection, SnapshotFrames, ask, read_scoring, snapshot_rows
from trainer.errors import BadInputError, UsageError
from trainer.keys import SnapshotKey
from trainer.labels import LabelStrategy, WarehouseLabelStrategy
from trainer.warehouse import RAW_DERIVED_VOTES, create_tables, drop_partitions, replace_rows

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

MILLION = 1_000_000
_TABLE = RAW_DERIVED_VOTES.name
_KINDS = {"network": "String", "processing_date": "Date", "window_days": "UInt16", "strategy": "String"}


@dataclass
class DerivedVotes:
    """What a strategy derived.

    Attributes:
        rows, labelled: how many alerts (or addresses) it was asked about, and how many of them it labelled.
        votes, risky, benign: addresses with a vote, once a date.
        tied: addresses whose alerts contradict each other evenly; they have no vote.
        before: the votes that these replace.
    """

    strategy: str
    name: str
    model_type: str
    network: str
    window_days: int
    dates: list[str]
    rows: int
    labelled: int
    votes: int
    risky: int
    benign: int
    tied: int
    before: int
    dry_run: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


def derive_votes(
    client: Client,
    strategy: LabelStrategy,
    selection: Selection,
    model_type: str = "alert_scorer",
    name: str | None = None,
    *,
    dry_run: bool = False,
) -> DerivedVotes:
    """Ask a strategy about every snapshot of a selection and store its votes as those of `name`, in place of its earlier ones.

    Every snapshot is asked before anything is written. Gold labels and rules are shown to the strategy, derived votes and what
    follows from them are not, so that deriving again changes nothing.

    Args:
        model_type: whether it is asked about alerts (`alert_scorer`) or addresses (`address_scorer`).
        name: whose votes these are; `module:Class` of the strategy by default.

    Raises:
        UsageError: dbt computes the strategy itself, or the name is none.
        BadInputError: there is no such snapshot, or what the strategy returns cannot be used.
        NotEnoughLabelsError: dbt has not run yet, or the strategy's `validate_labels` says no.
    """
    own = f"{type(strategy).__module__}:{type(strategy).__qualname__}"
    name = _checked_name(strategy, own if name is None else name)
    data = read_scoring(client, model_type, selection, [])
    tallies, labelled = {}, 0
    for key, rows in snapshot_rows(data, selection):
        keys = data.keys.take(pa.array(rows))
        answer = ask(strategy, keys, model_type, SnapshotFrames(client, key, underived=True))
        labelled += int(answer["label"].notna().sum())
        tallies[key] = votes_of(answer.assign(address=keys["address"].to_pylist()))
    create_tables(client)
    before = sum(_count(client, _snapshot(key, name)) for key in tallies)
    if not dry_run:
        _replace(client, name, {key: votes for key, (votes, _) in tallies.items()})
    votes = sum(len(found) for found, _ in tallies.values())
    risky = sum(int(found["vote"].sum()) for found, _ in tallies.values())
    return DerivedVotes(
        strategy=own,
        name=name,
        model_type=model_type,
        network=selection.network,
        window_days=selection.window_days,
        dates=[str(key.processing_date) for key in tallies],
        rows=len(data.X),
        labelled=labelled,
        votes=votes,
        risky=risky,
        benign=votes - risky,
        tied=sum(tied for _, tied in tallies.values()),
        before=before,
        dry_run=dry_run,
    )


def votes_of(answer: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return one vote an address (address, vote, confidence, evidence, by address) and how many addresses are tied.

    `answer` has address, label (NaN abstains), weight, label_confidence and label_source, one row an alert. The confidence of a
    vote is the highest of the alerts that say so (the weight, where a label has no confidence), at most 1.
    """
    import pandas as pd

    said = answer[answer["label"].notna()].astype({"label": "int8"})
    # Whole numbers: the same sum, and the same ties, in whatever order.
    said = said.assign(millionths=(said["weight"] * MILLION).round().astype("int64"))
    sums = said.pivot_table(index="address", columns="label", values="millionths", aggfunc="sum", fill_value=0)
    sums = sums.reindex(columns=[0, 1], fill_value=0)
    decided = sums[sums[0] != sums[1]]
    won = said[said["label"] == said["address"].map((decided[1] > decided[0]).astype("int8"))]
    confidence = pd.to_numeric(won["label_confidence"], errors="coerce").astype(float).fillna(won["weight"]).clip(0, 1)
    by_address = won.assign(confidence=confidence).groupby("address", sort=True)
    votes = by_address.agg(vote=("label", "first"), confidence=("confidence", "max"), evidence=("label_source", _words))
    return votes.reset_index(), len(sums) - len(decided)


def remove_votes(
    client: Client,
    name: str,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
    *,
    dry_run: bool = False,
) -> int:
    """Withdraw the votes of `name`, of all snapshots or of those named, and return how many.

    Raises:
        BadInputError: there are no votes of that name at all.
    """
    create_tables(client)
    known = [row[0] for row in client.query(f"SELECT DISTINCT strategy FROM {_TABLE} ORDER BY strategy").result_rows]
    if name not in known:
        there = ", ".join(repr(one) for one in known) or "none"
        raise BadInputError(f"There are no derived votes of '{name}'; there are those of: {there}.")
    given = {"network": network, "processing_date": processing_date, "window_days": window_days, "strategy": name}
    chosen = {column: value for column, value in given.items() if value is not None}
    count = _count(client, chosen)
    if not dry_run:
        drop_partitions(client, RAW_DERIVED_VOTES, _where(chosen), chosen)
    return count


def _checked_name(strategy: LabelStrategy, name: str) -> str:
    if type(strategy).__module__ == WarehouseLabelStrategy.__module__:
        raise UsageError(f"{type(strategy).__name__} is computed by dbt and a label already; name one of your own.")
    if not name.strip() or not name.isprintable() or len(name) > 256:
        raise UsageError(f"--name {name!r} is no name: one to 256 printable characters are needed.")
    return name.strip()


def _words(sources: pd.Series) -> str:
    return "; ".join(sorted({str(source) for source in sources.dropna()} - {""}))


def _replace(client: Client, name: str, found: dict[SnapshotKey, pd.DataFrame]) -> None:
    replace_rows(client, RAW_DERIVED_VOTES, [_rows(key, name, votes) for key, votes in found.items() if len(votes)])
    for key, votes in found.items():
        if votes.empty:
            drop_partitions(client, RAW_DERIVED_VOTES, _where(_snapshot(key, name)), _snapshot(key, name))


def _rows(key: SnapshotKey, name: str, votes: pd.DataFrame) -> pa.Table:
    count = len(votes)
    return pa.table(
        {
            "network": pa.array([key.network] * count, pa.string()),
            "processing_date": pa.array([key.processing_date] * count, pa.date32()),
            "window_days": pa.array([key.window_days] * count, pa.uint16()),
            "strategy": pa.array([name] * count, pa.string()),
            "address": pa.array(votes["address"].tolist(), pa.string()),
            "vote": pa.array(votes["vote"].tolist(), pa.uint8()),
            "confidence": pa.array(votes["confidence"].tolist(), pa.float32()),
            "evidence": pa.array(votes["evidence"].tolist(), pa.string()),
            "ingested_at": pa.array([datetime.now(UTC)] * count, pa.timestamp("ms", "UTC")),
        }
    )


def _snapshot(key: SnapshotKey, name: str) -> dict[str, Any]:
    return key.parameters | {"strategy": name}


def _where(chosen: dict[str, Any]) -> str:
    return " AND ".join(f"{column} = {{{column}:{_KINDS[column]}}}" for column in chosen)


def _count(client: Client, chosen: dict[str, Any]) -> int:
    return int(client.query(f"SELECT count() FROM {_TABLE} FINAL WHERE {_where(chosen)}", parameters=chosen).result_rows[0][0])

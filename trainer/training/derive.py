"""Writes the labels of a user's own `LabelStrategy` back into the warehouse as votes, and removes them.

A strategy labels alerts, a vote is about an address: for an address with several alerts, the label with the greater sum of
weights is its vote, and on a tie it abstains. dbt counts these votes as `derived`, beside the rules' and never as gold.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trainer.data import Selection, SnapshotFrames, label_snapshot, read_scoring, snapshot_rows
from trainer.errors import BadInputError, UsageError
from trainer.keys import SnapshotKey, where_equal
from trainer.labels import LabelStrategy, WarehouseLabelStrategy
from trainer.model_types import get_model_type
from trainer.warehouse import RAW_DERIVED_VOTES, create_tables, drop_partitions, load, one_build, replace_rows, was_interrupted

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

MILLION = 1_000_000
_TABLE = RAW_DERIVED_VOTES.name


@dataclass
class DerivedVotes:
    """What a strategy derived.

    Attributes:
        rows, labelled: the number of alerts (or addresses) it was given, and how many of them it labelled.
        votes, risky, benign: addresses with a vote, counted once per date.
        tied: addresses whose alerts contradict each other evenly; they have no vote.
        before: the number of votes that these replace.
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
    """Label every snapshot of a selection with a strategy and store its votes under `name`, in place of its earlier ones.

    All snapshots are labelled before anything is written. The strategy sees gold labels and the votes of rules, but neither
    derived votes nor what follows from them, so that deriving again changes nothing.

    Args:
        model_type: whether it labels alerts (`alert_scorer`) or addresses (`address_scorer`).
        name: the name of the voter; `module:Class` of the strategy by default.

    Raises:
        UsageError: dbt computes the strategy itself, the name is not valid, or rows of the model type have no one address.
        UserCodeError, BadInputError, NotBuiltError, NotEnoughLabelsError: as `trainer.data.label_snapshot` and `read_scoring` do.
    """
    own = f"{type(strategy).__module__}:{type(strategy).__qualname__}"
    name = _checked_name(strategy, own if name is None else name)
    _require_addresses(model_type)
    with one_build(client):
        rows, votes, counts = _votes_by_snapshot(client, strategy, model_type, selection)
    before = _replace(client, name, votes, dry_run)
    return DerivedVotes(
        strategy=own,
        name=name,
        model_type=model_type,
        network=selection.network,
        window_days=selection.window_days,
        dates=[str(key.processing_date) for key in votes],
        rows=rows,
        **counts,
        before=before,
        dry_run=dry_run,
    )


def votes_of(labels: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return one vote per address (address, vote, confidence, evidence, by address) and the number of addresses that are tied.

    `labels` has address, label (NaN abstains), weight, label_confidence and label_source, one row per alert. The confidence of
    a vote is the highest of the alerts with its label (the weight, where a label has no confidence), at most 1.
    """
    import pandas as pd

    labelled = labels[labels["label"].notna()].astype({"label": "int8"})
    # Whole numbers: the same sums, and the same ties, whatever the order of rows.
    labelled = labelled.assign(millionths=(labelled["weight"] * MILLION).round().astype("int64"))
    sums = labelled.pivot_table(index="address", columns="label", values="millionths", aggfunc="sum", fill_value=0)
    sums = sums.reindex(columns=[0, 1], fill_value=0)
    decided = sums[sums[0] != sums[1]]
    won = labelled[labelled["label"] == labelled["address"].map((decided[1] > decided[0]).astype("int8"))]
    confidence = pd.to_numeric(won["label_confidence"], errors="coerce").astype(float).fillna(won["weight"]).clip(0, 1)
    by_address = won.assign(confidence=confidence).groupby("address", sort=True)
    votes = by_address.agg(vote=("label", "first"), confidence=("confidence", "max"), evidence=("label_source", _joined))
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
    """Remove the votes of `name`, from all snapshots or from those named, and return their number.

    Raises:
        BadInputError: no snapshot has votes of that name.
    """
    create_tables(client)
    known = [row[0] for row in client.query(f"SELECT DISTINCT strategy FROM {_TABLE} ORDER BY strategy").result_rows]
    command = f"`trainer labels remove --derived '{name}'`"
    if name not in known and not was_interrupted(client, command):
        existing = ", ".join(repr(one) for one in known) or "none"
        raise BadInputError(f"There are no derived votes of '{name}'; there are those of: {existing}.")
    given = {"network": network, "processing_date": processing_date, "window_days": window_days, "strategy": name}
    chosen = {column: value for column, value in given.items() if value is not None}
    count = _count(client, chosen)
    if not dry_run:
        with load(client, command):
            drop_partitions(client, RAW_DERIVED_VOTES, where_equal(chosen), chosen)
    return count


def _checked_name(strategy: LabelStrategy, name: str) -> str:
    if type(strategy).__module__ == WarehouseLabelStrategy.__module__:
        raise UsageError(f"{type(strategy).__name__} is computed by dbt and a label already; name a class of your own.")
    if not name.strip() or not name.isprintable() or len(name) > 256:
        raise UsageError(f"--name {name!r} is not valid; a name has 1 to 256 printable characters.")
    return name.strip()


def _require_addresses(model_type: str) -> None:
    if get_model_type(model_type).held_together_by != "address":
        raise UsageError(
            f"A row of '{model_type}' has no one address to vote on; derive votes of an alert_scorer or address_scorer."
        )


def _joined(sources: pd.Series) -> str:
    return "; ".join(sorted({str(source) for source in sources.dropna()} - {""}))


def _votes_by_snapshot(
    client: Client, strategy: LabelStrategy, model_type: str, selection: Selection
) -> tuple[int, dict[SnapshotKey, pd.DataFrame], dict[str, int]]:
    """Return how many rows were labelled, the votes of each snapshot, and the other counts of `DerivedVotes`."""
    data = read_scoring(client, model_type, selection, [])
    votes, labelled, tied = {}, 0, 0
    for key, rows in snapshot_rows(data, selection):
        keys = data.keys.take(pa.array(rows))
        labels = label_snapshot(strategy, keys, data.model_type.name, SnapshotFrames(client, key, underived=True))
        labelled += int(labels["label"].notna().sum())
        votes[key], tied_here = votes_of(labels.assign(address=keys["address"].to_pylist()))
        tied += tied_here
    count = sum(len(rows) for rows in votes.values())
    risky = sum(int(rows["vote"].sum()) for rows in votes.values())
    return len(data.X), votes, {"labelled": labelled, "votes": count, "risky": risky, "benign": count - risky, "tied": tied}


def _replace(client: Client, name: str, votes: dict[SnapshotKey, pd.DataFrame], dry_run: bool) -> int:
    """Store votes in place of earlier ones of that name, unless this is a dry run; return the number of the earlier ones."""
    create_tables(client)
    before = sum(_count(client, _snapshot(key, name)) for key in votes)
    if dry_run:
        return before
    with load(client, f"`trainer labels derive --name '{name}'`"):
        replace_rows(client, RAW_DERIVED_VOTES, [_rows(key, name, rows) for key, rows in votes.items() if len(rows)])
        for key, rows in votes.items():
            if rows.empty:
                chosen = _snapshot(key, name)
                drop_partitions(client, RAW_DERIVED_VOTES, where_equal(chosen), chosen)
    return before


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


def _count(client: Client, chosen: dict[str, Any]) -> int:
    return int(
        client.query(f"SELECT count() FROM {_TABLE} FINAL WHERE {where_equal(chosen)}", parameters=chosen).result_rows[0][0]
    )

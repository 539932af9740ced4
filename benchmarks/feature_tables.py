"""Tables on which features can prove their worth: simulated networks, the public torus snapshot, and the AMLSim sample.

Each is loaded into a warehouse of its own and built with dbt, so the features are those of the SQL in the checkout.
"""

from __future__ import annotations

import json
import os
import tarfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import compare_models as models
import numpy as np
import pandas as pd

TORUS = ("torus", "2025-11-20", "300")
GRAPH = ("neighbours", "motifs", "fans", "relays")
COMPUTED = ("--vars", json.dumps({"feature_families": GRAPH}))  # those that are off by default, too
# Run in a process of its own: a process can open only one embedded warehouse.
CATALOG = """
import json, sys
from trainer import connect
with connect() as client:
    rows = client.query("SELECT family, groupArray(feature) FROM feature_catalog GROUP BY family").result_rows
    if len(sys.argv) > 2:
        client.query_arrow("SELECT * EXCEPT (extra_features, custom_features) FROM scoring_addresses",
                           use_strings=True).to_pandas().to_parquet(sys.argv[2])
json.dump(dict(rows), open(sys.argv[1], "w"))
"""
ACCOUNT = "account-"
"""Prefix of the address of an AMLSim account."""
KEYS = ["network", "processing_date", "window_days", "address"]
# What the own columns of an AMLSim account are made of: name → (side, aggregate of its transactions).
OWN = {
    "tx_in_count": ("in", "count"), "tx_out_count": ("out", "count"), "degree_in": ("in", "nunique"),
    "degree_out": ("out", "nunique"), "total_in_usd": ("in", "sum"), "total_out_usd": ("out", "sum"),
    "avg_tx_in_usd": ("in", "mean"), "avg_tx_out_usd": ("out", "mean"), "median_tx_in_usd": ("in", "median"),
    "median_tx_out_usd": ("out", "median"),
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Rows with the features of every family, which feature is of which family, and the address of each row."""

    rows: models.Rows
    families: dict[str, list[str]]
    addresses: pd.Series

    def without(self, families: list[str]) -> models.Rows:
        """Return the rows without the features of some families."""
        left_out = {feature for family in families for feature in self.families.get(family, [])}
        return self.only([name for name in self.rows.X if name not in left_out])

    def only(self, features: list[str]) -> models.Rows:
        """Return the rows with some of their features."""
        return self.with_features(self.rows.X[features])

    def with_features(self, X: pd.DataFrame) -> models.Rows:
        """Return the rows with other features."""
        own = {name: getattr(self.rows, name) for name in ("name", "y", "weight", "gold", "truth", "groups")}
        return models.Rows(X=X, **own)


def simulated(folder: Path, seed: int, alerts: int) -> Table:
    """Return the alerts of a simulated network: labels to train on, and the hidden truth."""
    rows = models.read_network(folder, seed, alerts, *COMPUTED)
    place = folder / f"seed-{seed}-{alerts}"
    return Table(rows, _families(place), pd.read_parquet(place / "rows.parquet")[models.MARK + "address"])


def torus(folder: Path, source: Path) -> Table:
    """Return the addresses of the torus snapshot: those of planted patterns against all others, grouped by planted instance."""
    place, parts = folder / "torus", Path(*TORUS)
    snapshot = place / "snapshots" / parts
    if not (place / "rows.parquet").exists():
        snapshot.mkdir(parents=True, exist_ok=True)
        for file in (source / "output" / parts / "features.parquet", source / "input" / parts / "transfers.parquet"):
            link = snapshot / file.name
            link.unlink(missing_ok=True)
            link.symlink_to(file.resolve())
        _build(place)
    planted = pd.read_parquet(source / "input" / parts / "ground_truth.parquet").set_index("address")["pattern_instance_id"]
    return _addresses("torus", place, planted)


def amlsim(folder: Path, archive: Path) -> Table:
    """Return the accounts of the AMLSim sample, those of planted cycles and fan-ins against all others."""
    place = folder / "amlsim"
    nodes, transactions = read_amlsim(archive)
    if not (place / "rows.parquet").exists():
        days = int(transactions["time"].max()) + 1
        snapshot = place / "snapshots" / "amlsim" / str(date(2025, 1, 1) + timedelta(days - 1)) / str(days)
        snapshot.mkdir(parents=True, exist_ok=True)
        start = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
        pd.DataFrame(
            {
                "from_address": ACCOUNT + transactions["source"].astype(str),
                "to_address": ACCOUNT + transactions["target"].astype(str),
                "amount_usd": transactions["value"],
                "amount": transactions["value"],
                "asset_symbol": "USD",
                "block_timestamp": ((start + transactions["time"] * 86400) * 1000).astype("int64"),
            }
        ).to_parquet(snapshot / "transfers.parquet")
        own_columns(nodes, transactions).to_parquet(snapshot / "features.parquet")
        _build(place)
    fraud = nodes.loc[nodes["isFraud"] == 1, "account"]
    planted = pd.Series(fraud.to_numpy(), index=ACCOUNT + fraud.astype(str))
    return _addresses("amlsim", place, planted)


def read_amlsim(archive: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the accounts and the transactions of the sample."""
    frames = {}
    with tarfile.open(archive) as files:
        for member in files:
            if member.name.endswith(".csv") and (content := files.extractfile(member)):
                frames[Path(member.name).stem] = pd.read_csv(content)
    return (
        frames["nodes"].rename(columns={"nodeid": "account"}),
        frames["transactions"].rename(columns={"sourceNodeId": "source", "targetNodeId": "target"}),
    )


def own_columns(nodes: pd.DataFrame, transactions: pd.DataFrame) -> pd.DataFrame:
    """Return the 18 columns that an account's own transactions give, under the names that an export has."""
    sides = {
        "in": transactions.rename(columns={"target": "account", "source": "other"}),
        "out": transactions.rename(columns={"source": "account", "target": "other"}),
    }
    grouped = {side: frame.groupby("account") for side, frame in sides.items()}
    every = pd.concat(sides.values(), ignore_index=True)
    own = pd.DataFrame(index=pd.Index(nodes["account"], name="account"))
    for name, (side, aggregate) in OWN.items():
        own[name] = grouped[side]["other" if aggregate == "nunique" else "value"].agg(aggregate)
    counts = [name for name, (_, aggregate) in OWN.items() if aggregate in {"count", "nunique", "sum"}]
    own[counts] = own[counts].fillna(0)
    of_account = every.groupby("account")
    own["degree_total"] = of_account["other"].nunique()
    own["tx_total_count"] = own["tx_in_count"] + own["tx_out_count"]
    own["net_flow_usd"] = own["total_in_usd"] - own["total_out_usd"]
    own["total_volume_usd"] = own["total_in_usd"] + own["total_out_usd"]
    own["max_tx_usd"], own["min_tx_usd"] = of_account["value"].max(), of_account["value"].min()
    own["activity_days"] = of_account["time"].nunique()
    own["activity_span_days"] = of_account["time"].max() - of_account["time"].min()
    own = own.astype("float64").reset_index()
    return own.assign(address=ACCOUNT + own.pop("account").astype(str))


def _addresses(name: str, place: Path, planted: pd.Series) -> Table:
    """Return every address of a warehouse. `planted` is the planted instance of the addresses that are not ordinary."""
    frame = pd.read_parquet(place / "rows.parquet").sort_values("address", ignore_index=True)
    instance = planted.reindex(frame["address"]).to_numpy(dtype=object)
    truth = (~pd.isna(instance)).astype(np.float64)
    # An ordinary address is a group of its own.
    groups = pd.factorize(np.where(truth == 1, instance.astype(str), frame["address"]))[0]
    X = models._float32(frame.drop(columns=KEYS))
    return Table(models.Rows(name, X, truth, np.ones(len(truth)), truth, truth, groups), _families(place), frame["address"])


def _build(place: Path) -> None:
    """Load the snapshots of a folder into a warehouse in it, build it, and write its addresses to rows.parquet."""
    _use(place)
    models._run("trainer", "init")
    models._run("trainer", "ingest", str(place / "snapshots"))
    models._run("dbt", "run", "--target-path", str((place / "target").resolve()), *COMPUTED)
    models._run("python", "-c", CATALOG, str((place / "families.json").resolve()), str((place / "rows.parquet").resolve()))


def _families(place: Path) -> dict[str, list[str]]:
    """Return family → its features, from the feature catalog of the warehouse in a folder."""
    file = place / "families.json"
    if not file.exists():
        _use(place)
        models._run("python", "-c", CATALOG, str(file.resolve()))
    families: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    return families


def _use(place: Path) -> None:
    os.environ |= {"TRAINER_TARGET": "embedded", "TRAINER_WAREHOUSE": str((place / "warehouse").resolve())}

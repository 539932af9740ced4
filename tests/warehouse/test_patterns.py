"""Features from patterns in the flow graph: what they do not depend on, families switched off, and the transfers they come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.dbt import dbt, parsed, run_dbt
from tests.support.snapshots import loaded, write
from tests.support.warehouse import Called, content
from trainer import connect

Call = Callable[..., Called]
FAMILIES = ("motifs", "fans", "relays", "transfers")
EVERY_FAMILY = ("--vars", json.dumps({"feature_families": FAMILIES, "pattern_peers": 12}))
PATTERNS = ("int_flow_peers", "int_relayed_flows", *(f"int_features__{family}" for family in FAMILIES))
KEY = "2025-08-01/90"
DAY = 86_400


def transfers(seed: int, names: np.ndarray[Any, Any], rows: int = 3000) -> pd.DataFrame:
    """Return random transfers between the addresses; some pay far more often than others, and one in ten amounts is passed on."""
    rng = np.random.default_rng(seed)
    busy = rng.zipf(1.6, (2, rows)) % len(names)
    amounts, times = rng.choice([50, 100, 250, 999.99], rows), 1_750_000_000 + rng.integers(0, 90 * DAY, rows)
    paid = pd.DataFrame({"sender": busy[0], "recipient": busy[1], "amount_usd": amounts, "block_timestamp": times})
    onward = paid.sample(frac=0.1, random_state=seed).assign(
        sender=lambda one: one["recipient"],
        recipient=lambda one: (one["recipient"] + 1) % len(names),
        amount_usd=lambda one: one["amount_usd"] * 0.9,
        block_timestamp=lambda one: one["block_timestamp"] + DAY,
    )
    both = pd.concat([paid, onward, onward.head(5)])  # five transfers twice: equal ones are as real as others
    return pd.DataFrame(
        {
            "from_address": names[both["sender"]],
            "to_address": names[both["recipient"]],
            "asset_symbol": "T",
            "amount": both["amount_usd"].to_numpy(),
            "amount_usd": both["amount_usd"].to_numpy(),
            "block_timestamp": both["block_timestamp"].to_numpy(),
        }
    )


def snapshot(root: Path, network: str, rows: pd.DataFrame) -> Path:
    addresses = pd.unique(pd.concat([rows["from_address"], rows["to_address"]]))
    return write(root, {"transfers": rows, "features": pd.DataFrame({"address": addresses, "degree_in": 1})}, network, KEY)


def features_of(network: str) -> pd.DataFrame:
    """Return the pattern features of a network by address."""
    columns = "COLUMNS('^(motif|fan|relay|transfer)_')"
    query = f"SELECT address, {columns} FROM fct_address_features WHERE network = {{network:String}}"
    with connect() as client:
        return client.query_df(query, parameters={"network": network}).set_index("address").sort_index()


@pytest.mark.timeout(300)
def test_neither_the_names_of_addresses_nor_the_order_of_rows_change_a_value(own_call: Call, tmp_path: Path) -> None:
    names = np.array([f"0x{number:040x}" for number in range(1, 301)])
    renamed = np.random.default_rng(3).permutation([f"0x{number:040x}" for number in range(5000, 5300)])
    rows = transfers(1, names)
    turned = transfers(1, renamed).sample(frac=1, random_state=2)
    for network, frame in (("first", rows), ("turned", turned)):
        done = own_call("ingest", snapshot(tmp_path / network, network, frame))
        assert done.code == 0, done.err
    run_dbt(["seed"])
    run_dbt(["run", "--select", "+fct_address_features", *EVERY_FAMILY])
    first, second = features_of("first"), features_of("turned")
    second = second.rename(index=dict(zip(renamed, names, strict=True))).sort_index()
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert {name.split("_")[0] for name in first.columns} == {"motif", "fan", "relay", "transfer"}
    assert (first.nunique() > 1).all()
    # Without families their columns stay, and every value is missing.
    run_dbt(["run", "--select", *PATTERNS, "fct_address_features", "--vars", '{"feature_families": []}'])
    without = features_of("first")
    assert list(without.columns) == list(first.columns) and without.isna().all(axis=None)


def test_transfers_are_kept_whole_and_add_up_to_the_flows(own_call: Call, tmp_path: Path) -> None:
    names = np.array([f"0x{number:040x}" for number in range(1, 101)])
    rows = transfers(5, names, 500)
    folder = snapshot(tmp_path / "one", "kept", rows)
    done = own_call("ingest", folder, "--json")
    assert done.code == 0, done.err
    result = json.loads(done.out)["snapshots"][0]
    assert result["rows"]["raw_transfers"] == result["read"]["raw_transfers"] == len(rows)
    with connect() as client:
        before = content(client, "raw_transfers FINAL", "kept")
    assert own_call("ingest", folder).code == 0
    with connect() as client:
        assert content(client, "raw_transfers FINAL", "kept") == before == (len(rows), before[1])
    run_dbt(["seed"])
    run_dbt(["run", "--select", "stg_transfers", "stg_money_flows"])
    check = ["test", "--select", "transfers_add_up_to_their_flows"]
    run_dbt(check)
    with connect() as client:
        client.command(
            "ALTER TABLE raw_transfers DELETE WHERE transfer_number = 1 AND amount_usd > 900 SETTINGS mutations_sync = 2"
        )
    assert not dbt(*check, manifest=parsed()).success


def test_transfers_go_when_flows_come_without_them(own_call: Call, tmp_path: Path) -> None:
    names = np.array([f"0x{number:040x}" for number in range(1, 101)])
    rows = transfers(6, names, 50)
    assert own_call("ingest", snapshot(tmp_path / "one", "later", rows)).code == 0
    assert loaded("later")["raw_transfers"] == len(rows)
    flows = pd.DataFrame({"from_address": names[:3], "to_address": names[3:6], "tx_count": 1})
    assert own_call("ingest", write(tmp_path / "two", {"money_flows": flows}, "later", KEY)).code == 0
    assert "raw_transfers" not in loaded("later") and loaded("later")["raw_money_flows"] == 3

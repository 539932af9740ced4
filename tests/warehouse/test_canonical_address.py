"""The canonical spelling and the account of an address in SQL, on the real engine, against Python's."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import pytest
from bip_utils import SS58Encoder

from tests.support.addresses import ACCOUNTS
from tests.support.dbt import run_dbt
from tests.support.warehouse import ROOT, Called, House
from trainer import addresses, connect

MACROS = ROOT / "dbt_project" / "macros" / "staging"
KEYS = [bytes(32), b"\xff" * 32, *(bytes([(i * 37 + j * 11) % 256 for j in range(32)]) for i in range(20))]
PREFIXES = (0, 2, 42, 63, 172, 252, 16383)
KEY = {"processing_date": "2025-08-01", "window_days": 90}


def rendered(macro: str, column: str) -> str:
    """Return the SQL of a macro of staging, as dbt renders it."""
    text = "".join((MACROS / f"{name}.sql").read_text("utf-8") for name in ("has_address_form", "canonical_address", "account"))
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(f"{text}{{{{ {macro}('{column}') }}}}")
    return template.render(ref=lambda name: name)


def computed(client: Any, macro: str, rows: list[tuple[str, str]]) -> list[str]:
    """Return what a macro makes of rows of network and address."""
    client.command("CREATE OR REPLACE TABLE spelt (i UInt32, network LowCardinality(String), address String) ENGINE = Memory")
    client.insert("spelt", [(i, network, address) for i, (network, address) in enumerate(rows)])
    found = client.query(f"SELECT {rendered(macro, 'address')} FROM spelt ORDER BY i").result_rows
    client.command("DROP TABLE spelt")
    return [str(value) for (value,) in found]


def test_sql_and_python_agree_on_the_canonical_spelling(house: House, client: Any) -> None:
    rows = [(a.network, spelling, a.canonical) for a in ACCOUNTS for spelling in (a.canonical, *a.in_sql)]
    # What no network has stays, in both.
    rows += [(network, text, text) for network in (*addresses.networks(), "new") for text in ("", "Node-7", "0xAB" * 30, "x:y")]
    assert {addresses.form_of(network) for network, _, _ in rows} == {addresses.form_of(a.network) for a in ACCOUNTS}
    found = computed(client, "canonical_address", [(network, text) for network, text, _ in rows])
    expected = [addresses.canonical(text, network) for network, text, _ in rows]
    assert found == expected == [canonical for _, _, canonical in rows]


def test_what_only_python_can_spell_stays_in_sql(house: House, client: Any) -> None:
    rows = [(a.network, spelling) for a in ACCOUNTS for spelling in a.in_python]
    assert len(rows) > 20
    assert computed(client, "canonical_address", rows) == [spelling for _, spelling in rows]


def test_the_account_of_an_ss58_address_is_its_key_whatever_its_prefix(house: House, client: Any) -> None:
    rows = [(key, prefix) for key in KEYS for prefix in PREFIXES]
    found = computed(client, "account", [("torus", SS58Encoder.Encode(key, prefix)) for key, prefix in rows])
    assert found == [key.hex() for key, _ in rows]


def test_the_account_of_any_other_address_is_its_canonical_spelling(house: House, client: Any) -> None:
    rows = [
        (a.network, spelling) for a in ACCOUNTS if addresses.form_of(a.network) is not addresses.SS58 for spelling in a.spellings
    ]
    rows += [
        ("torus", text)
        for text in ("", "Node-7", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")
    ]
    rows += [("polkadot", "5C7sW6HwFwxtv44tccZSUiDmxqhJS7awitQCmndQfYSZzqg0"), ("new", SS58Encoder.Encode(KEYS[2], 42))]
    assert computed(client, "account", rows) == computed(client, "canonical_address", rows)


def test_the_account_costs_other_networks_hardly_more_than_the_canonical_spelling(house: House, client: Any) -> None:
    source = "(select toLowCardinality('ethereum') as network, concat('0x', lower(hex(sipHash128(number))), '00000000') as address from numbers(500000))"

    def seconds(macro: str) -> float:
        started = time.perf_counter()
        client.query(f"SELECT sum(cityHash64({rendered(macro, 'address')})) FROM {source} SETTINGS max_threads = 1")
        return time.perf_counter() - started

    taken = {macro: min(seconds(macro) for _ in range(5)) for macro in ("canonical_address", "account")}
    assert taken["account"] < 3 * taken["canonical_address"] + 0.05, taken


# ---- the doors ------------------------------------------------------------------------------------------------------


def test_a_list_with_another_prefix_and_a_snapshot_meet(own_call: Callable[..., Called], tmp_path: Path) -> None:
    own = [SS58Encoder.Encode(key, 42) for key in KEYS[2:8]]
    written = [SS58Encoder.Encode(key, prefix) for key, prefix in zip(KEYS[2:8], (0, 2, 5, 10, 172, 252), strict=True)]
    folder = tmp_path / "s" / "torus" / "2025-08-01" / "90"
    folder.mkdir(parents=True)
    # The snapshot mixes prefixes, too; its clusters name addresses in lists.
    pd.DataFrame({"address": [*own[:3], *written[3:]], "degree_in": range(6)}).to_parquet(folder / "features.parquet")
    clusters = {"cluster_id": ["c"], "cluster_type": ["x"], "primary_address": [written[0]], "addresses_involved": [written]}
    pd.DataFrame(clusters).to_parquet(folder / "clusters.parquet")
    alerts = {"alert_id": ["a"], "address": [written[1]], "typology_type": ["x"]}
    pd.DataFrame(alerts).to_parquet(folder / "alerts.parquet")
    (tmp_path / "address.json").write_text(json.dumps({"site.example": written}))
    pd.DataFrame({"address": written, "mine": range(6)}).to_csv(tmp_path / "mine.csv", index=False)
    options = ("--network", "torus", "--processing-date", "2025-08-01", "--window-days", 90)
    for command in (
        ("ingest", tmp_path / "s"),
        ("labels", "add", tmp_path / "address.json", *options),
        ("features", "add", tmp_path / "mine.csv", *options),
    ):
        done = own_call(*command)
        assert done.code == 0, done.err
    with connect() as client:
        for table in ("raw_features", "raw_address_labels", "raw_custom_features"):
            assert sorted(a for (a,) in client.query(f"SELECT address FROM {table}").result_rows) == sorted(own), table
        assert client.query("SELECT primary_address, addresses_involved FROM raw_clusters").result_rows == [(own[0], own)]
        assert client.query("SELECT address FROM raw_alerts").result_rows == [(own[1],)]


def test_rows_inserted_from_python_are_spelt_too(own_call: Callable[..., Called]) -> None:
    assert own_call("init").code == 0
    networks = ["torus", "polkadot", "ethereum", "starknet"]
    given = [SS58Encoder.Encode(KEYS[3], 2), f" {SS58Encoder.Encode(KEYS[3], 42)}", f"0X{'AB' * 20}", "0x1"]
    expected = [SS58Encoder.Encode(KEYS[3], 42), SS58Encoder.Encode(KEYS[3], 0), f"0x{'ab' * 20}", f"0x{'1':0>64}"]
    frame = pd.DataFrame({"network": networks, "address": given}, index=[7, 7, 1, 0]).assign(**KEY)
    with connect() as client:
        client.insert_df("raw_address_labels", frame.assign(label="x", risk_level="high", source="me"))
        client.insert_df("raw_custom_features", frame.assign(features=[{"mine": 1.0}] * 4))
        client.insert_df(f"{client.database}.raw_features", frame)
        for table in ("raw_address_labels", "raw_custom_features", "raw_features"):
            found = dict(client.query(f"SELECT network, address FROM {table}").result_rows)
            assert found == dict(zip(networks, expected, strict=True)), table
    assert frame["address"].tolist() == given, "the caller's frame is changed"


# ---- another rule ---------------------------------------------------------------------------------------------------


def test_a_network_added_to_the_seed_respells_what_is_loaded(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, padded = "0xABC", f"0x{'abc':0>64}"
    with connect() as client:
        row = {"network": "mychain", "address": short, "label": "x", "risk_level": "high", "source": "me"}
        client.insert_df("raw_address_labels", pd.DataFrame([row]).assign(**KEY))

    def voted() -> list[str]:
        run_dbt(["seed", "--select", "address_forms"])
        run_dbt(["run", "--select", "stg_custom_address_labels", "fct_applied_labels", "int_label_votes__gold"])
        with connect() as client:
            return [a for (a,) in client.query("SELECT address FROM int_label_votes__gold WHERE network = 'mychain'").result_rows]

    assert voted() == [short]
    try:
        with monkeypatch.context() as patch:
            shutil.copytree(ROOT / "dbt_project", tmp_path / "dbt_project")
            patch.setenv("DBT_PROJECT_DIR", str(tmp_path / "dbt_project"))
            with (tmp_path / "dbt_project" / "seeds" / "address_forms.csv").open("a", encoding="utf-8") as stream:
                stream.write('mychain,hex32,"^0x[0-9a-f]{64}$",,\n')
            assert voted() == [padded]
    finally:
        with connect() as client:
            client.command("ALTER TABLE raw_address_labels DELETE WHERE network = 'mychain' SETTINGS mutations_sync = 1")
        assert voted() == []

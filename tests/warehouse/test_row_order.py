"""The order in which rows come in, and the parts they come in, leave no trace in any label table or feature of the flow graph."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.support.dbt import run_dbt
from tests.support.warehouse import DATES, WINDOW, Called
from trainer import connect
from trainer.simulate import simulate
from trainer.warehouse.schema import RAW_TABLES, create_tables

LABEL_TABLES = (
    "int_label_votes", "int_label_tallies", "int_label_voters", "int_label_model__vote_types", "int_label_model__estimates",
    "fct_address_labels", "fct_label_rule_accuracy", "fct_label_rule_summary", "fct_label_conflicts",
    "fct_label_source_summary", "fct_label_drift",
)  # fmt: skip
FEATURE_TABLES = (
    "int_neighbours__ranks", "int_neighbours__flows", "int_neighbours__one_hop", "int_features__neighbours",
    "int_flow_sides", "int_flow_peers", "int_relayed_flows", "int_features__motifs", "int_features__fans", "int_features__relays",
)  # fmt: skip
TABLES = (*LABEL_TABLES, *FEATURE_TABLES)
DERIVE = (
    "INSERT INTO raw_derived_votes (network, processing_date, window_days, strategy, address, vote, confidence) "
    "SELECT DISTINCT network, processing_date, window_days, 'odd:Odd', address, "
    "reinterpretAsUInt8(substring(address, -1)) % 2, 0.6 FROM raw_alerts FINAL"
)
FAMILIES = "{feature_families: [neighbours, motifs, fans, relays]}"
BUILD = ["run", "--vars", FAMILIES, "--select", *(f"+{table}" for table in TABLES)]


def every_row(table: str) -> tuple[int, str]:
    """Return the row count of a table and an order-independent hash of its rows."""
    with connect() as client:
        rows = sorted(repr(row) for row in client.query(f"SELECT * FROM {table}").result_rows)
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


def export() -> dict[str, pa.Table]:
    with connect() as client:
        query = "SELECT * FROM {name} FINAL"
        return {table.name: client.query_arrow(query.format(name=table.name), use_strings=True) for table in RAW_TABLES}


def load(tables: dict[str, pa.Table]) -> None:
    """Insert the rows of each table, shuffled, in four parts that are never merged."""
    rng = np.random.default_rng(7)
    with connect() as client:
        create_tables(client)
        for table, rows in tables.items():
            client.command(f"SYSTEM STOP MERGES {table}")
            for part in np.array_split(rng.permutation(len(rows)), 4):
                if len(part):
                    client.insert_arrow(table, rows.take(pa.array(part)))


@pytest.mark.timeout(400)
def test_shuffled_rows_give_the_same_tables_to_the_last_bit(
    tmp_path: Path, own_call: Callable[..., Called], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = simulate(tmp_path / "world", alerts=1500, dates=DATES, window_days=WINDOW, network="simnet", seed=5)
    own = pd.read_csv(world.custom_labels)
    # The same addresses by another publisher, with equal confidence and the other class: every possible tie.
    contrary = own.assign(source="contrary", risk_level=own["risk_level"].map({"low": "high"}).fillna("low"))
    contrary.to_csv(tmp_path / "contrary.csv", index=False)
    for arguments in (
        ("ingest", world.root / "snapshots"),
        ("labels", "add", world.custom_labels),
        ("labels", "add", tmp_path / "contrary.csv"),
    ):
        done = own_call(*arguments)
        assert done.code == 0, done.err
    with connect() as client:
        client.command(DERIVE)
    run_dbt(BUILD)
    expected = {table: every_row(table) for table in TABLES}
    tables = export()
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "second"))
    load(tables)
    run_dbt(["seed"])
    run_dbt([*BUILD, "--threads", "1"])
    found = {table: every_row(table) for table in TABLES}
    assert all(count for count, _ in expected.values()), expected
    assert {table for table in TABLES if found[table] != expected[table]} == set()

"""Label tables do not depend on the order of the raw rows, nor on the parts they are stored in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.support.warehouse import DATES, WINDOW, Called
from trainer.simulate import simulate
from trainer.warehouse.dbt import run_dbt
from trainer.warehouse.schema import RAW_TABLES

LABEL_TABLES = (
    "int_label_votes", "int_label_tallies", "int_label_voters", "int_label_model__vote_types", "int_label_model__estimates",
    "fct_address_labels", "fct_label_rule_accuracy", "fct_label_rule_summary", "fct_label_conflicts",
    "fct_label_source_summary", "fct_label_drift",
)  # fmt: skip
# A process can open one embedded warehouse, so each step on a warehouse runs in a process of its own.
EXPORT = """
import sys
import pyarrow.parquet as pq
from trainer import connect
with connect() as client:
    for table in sys.argv[2:]:
        pq.write_table(client.query_arrow(f"SELECT * FROM {table} FINAL", use_strings=True), f"{sys.argv[1]}/{table}.parquet")
"""
IMPORT = """
import sys
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from trainer import connect
from trainer.warehouse.schema import create_tables
rng = np.random.default_rng(7)
with connect() as client:
    create_tables(client)
    for table in sys.argv[2:]:
        client.command(f"SYSTEM STOP MERGES {table}")
        rows = pq.read_table(f"{sys.argv[1]}/{table}.parquet")
        for part in np.array_split(rng.permutation(len(rows)), 4):
            if len(part):
                client.insert_arrow(table, rows.take(pa.array(part)))
"""
CONTENT = """
import hashlib, json, sys
from trainer import connect
with connect() as client:
    found = {}
    for table in sys.argv[1:]:
        rows = sorted(repr(row) for row in client.query(f"SELECT * FROM {table}").result_rows)
        found[table] = [len(rows), hashlib.sha256("\\n".join(rows).encode()).hexdigest()]
print(json.dumps(found))
"""
DERIVE = """
from trainer import connect
with connect() as client:
    client.command(
        "INSERT INTO raw_derived_votes (network, processing_date, window_days, strategy, address, vote, confidence) "
        "SELECT DISTINCT network, processing_date, window_days, 'odd:Odd', address, "
        "reinterpretAsUInt8(substring(address, -1)) % 2, 0.6 FROM raw_alerts FINAL"
    )
"""


@pytest.fixture
def script(warehouse: Path) -> Callable[..., str]:
    """Run a program in a process of its own, on the warehouse of the environment, and return its output."""

    def run(program: str, *arguments: str) -> str:
        command = [sys.executable, "-c", program, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.timeout(400)
def test_shuffled_rows_give_the_same_label_tables_to_the_last_bit(
    tmp_path: Path, script: Callable[..., str], child: Callable[..., Called], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = simulate(tmp_path / "world", alerts=1500, dates=DATES, window_days=WINDOW, network="simnet", seed=5)
    raw = [table.name for table in RAW_TABLES]
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    (tmp_path / "export").mkdir()
    own = pd.read_csv(world.custom_labels)
    # The same addresses by another publisher, with equal confidence and the other class: every possible tie.
    contrary = own.assign(source="contrary", risk_level=own["risk_level"].map({"low": "high"}).fillna("low"))
    contrary.to_csv(tmp_path / "contrary.csv", index=False)
    for arguments in (
        ("ingest", world.root / "snapshots"),
        ("labels", "add", world.custom_labels),
        ("labels", "add", tmp_path / "contrary.csv"),
    ):
        done = child(*arguments, TRAINER_WAREHOUSE=first)
        assert done.code == 0, done.err
    monkeypatch.setenv("TRAINER_WAREHOUSE", first)
    script(DERIVE)
    run_dbt(["run", "--quiet"], quiet=True)
    expected = json.loads(script(CONTENT, *LABEL_TABLES))
    script(EXPORT, str(tmp_path / "export"), *raw)
    monkeypatch.setenv("TRAINER_WAREHOUSE", second)
    script(IMPORT, str(tmp_path / "export"), *raw)
    run_dbt(["seed", "--quiet"], quiet=True)
    run_dbt(["run", "--quiet", "--threads", "1"], quiet=True)
    found = json.loads(script(CONTENT, *LABEL_TABLES))
    assert all(count for count, _ in expected.values()), expected
    assert {table for table in LABEL_TABLES if found[table] != expected[table]} == set()

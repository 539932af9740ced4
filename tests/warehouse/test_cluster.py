"""The target `server` on a cluster: the statements that create its tables, which a server that is alone runs as its own.

There is no cluster here. What is sent is recorded and parsed by the embedded engine, and then run without what is of a cluster.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dbt import parsed, run_dbt
from tests.support.servers import bridge_to
from tests.support.warehouse import DATES, WINDOW
from trainer import connect
from trainer.labels.add import add_labels
from trainer.simulate import simulate
from trainer.snapshots.ingest import ingest
from trainer.warehouse.schema import TABLES, create_tables

DDL = re.compile(r"\A\s*(?:/\*.*?\*/)?\s*(CREATE|ALTER|DROP|RENAME|EXCHANGE|SYSTEM|TRUNCATE)\b", re.IGNORECASE | re.DOTALL)
CREATED = re.compile(
    r"CREATE TABLE (?:IF NOT EXISTS )?(?:[`\"]?\w+[`\"]?\.)?[`\"]?(\w+)[`\"]?.*?ENGINE = (\w+)", re.IGNORECASE | re.DOTALL
)


@pytest.fixture(scope="module")
def log(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file with the statements that a cluster was sent to load two snapshots and build all models, and then one again."""
    folder = tmp_path_factory.mktemp("cluster")
    statements = folder / "statements.jsonl"
    world = simulate(folder / "data", alerts=300, dates=DATES, window_days=WINDOW, network="simnet", seed=4)
    with bridge_to(folder / "warehouse", statements, cluster=True) as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setenv("CLICKHOUSE_CLUSTER", "prod")
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        with connect() as client:
            create_tables(client)
            ingest(client, world.root / "snapshots")
            add_labels(client, world.custom_labels)
        run_dbt(["build", "--exclude-resource-type", "test", "unit_test"])
        with connect() as client:
            client.command("ALTER TABLE raw_alerts DELETE WHERE alert_id = (SELECT min(alert_id) FROM raw_alerts)")
            client.command("OPTIMIZE TABLE raw_alerts FINAL")
        run_dbt(["run", "--select", "stg_alerts"])
        yield statements


PARSE = """
import json, sys, chdb
for statement in json.load(sys.stdin):
    chdb.query("EXPLAIN AST " + statement)
"""


def ddl(log: Path) -> list[str]:
    """Return the statements that define something."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    filled = []
    for line in lines:
        text = line["statement"]
        for name, value in line["parameters"].items():
            text = text.replace(f"{{{name}:Identifier}}", value)
        if DDL.match(text):
            filled.append(text)
    return filled


def test_every_node_of_a_cluster_has_every_table(log: Path) -> None:
    statements = [" ".join(one.split()) for one in ddl(log)]
    database = [one for one in statements if one.upper().startswith("CREATE DATABASE")]
    engine = "Replicated('/clickhouse/databases/trainer', 'all', '{shard}_{replica}')"
    assert set(database) == {f'CREATE DATABASE IF NOT EXISTS trainer ON CLUSTER "prod" ENGINE = {engine}'}
    assert [one for one in statements if re.search(r"\bON CLUSTER\s", one.upper()) and one not in database] == []

    engines: dict[str, set[str]] = {}
    for one in statements:
        if found := CREATED.match(re.sub(r"\A/\*.*?\*/ ", "", one)):
            engines.setdefault(found[1], set()).add(found[2])
    assert {name: engines[name] for name in TABLES} == {name: {"ReplicatedReplacingMergeTree"} for name in TABLES}
    stored = [node.alias for node in parsed().nodes.values() if node.config.materialized in ("table", "by_snapshot", "seed")]
    assert len(stored) > 30
    for name in stored:
        made = {kind for table, kinds in engines.items() if table in (name, f"{name}__dbt_tmp") for kind in kinds}
        assert made == {"ReplicatedMergeTree"}, name
    # The rest are side tables, whose partitions are replicated, and locks.
    rest = {name: kinds for name, kinds in engines.items() if "__loading_" not in name and kinds - {"Null"}}
    assert {kind for kinds in rest.values() for kind in kinds} == {"ReplicatedReplacingMergeTree", "ReplicatedMergeTree"}

    partitions = [one.lower() for one in ddl(log) if " partition " in one.lower() and "alter table" in one.lower()]
    assert any("attach partition" in one for one in partitions) and any("drop partition" in one for one in partitions)
    assert [one for one in partitions if "attach partition" in one and "drop partition" in one] == []


def test_what_a_cluster_is_sent_is_valid(log: Path) -> None:
    statements = sorted(set(ddl(log)))
    assert len(statements) > 50
    command = [sys.executable, "-c", PARSE]  # a process of its own: this one may have another engine open
    done = subprocess.run(command, input=json.dumps(statements), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr

"""Tables by snapshot: a run builds what has changed and nothing else, and what it leaves equals a build from nothing to the bit."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from tests.support.dbt import dbt, parsed, run_dbt
from tests.support.warehouse import WINDOW, Called
from trainer import connect
from trainer.labels.add import add_labels
from trainer.simulate import simulate
from trainer.snapshots.ingest import ingest
from trainer.warehouse.schema import create_tables

DATES = (date(2025, 7, 1), date(2025, 8, 1))
LAST = "network = 'simnet' AND processing_date = '2025-08-01'"
RUN = ("run",)
EVERY_FAMILY = ("run", "--vars", "{feature_families: [neighbours, motifs, fans, relays, transfers]}")
MEDIUM_IS_RISKY = ("run", "--vars", "{medium_risk_label: 1}")


def by_snapshot() -> list[str]:
    """Return the models that are stored by snapshot."""
    return sorted(node.name for node in parsed().nodes.values() if node.config.materialized == "by_snapshot")


def parts() -> dict[str, set[str]]:
    """Return table → names of its parts, whose numbers are others after each write."""
    with connect() as client:
        rows = client.query(
            "SELECT table, groupArray(concat(partition, name)) FROM system.parts WHERE active AND database = currentDatabase() "
            "AND table IN {tables: Array(String)} GROUP BY table",
            parameters={"tables": by_snapshot()},
        ).result_rows
    return {table: set(names) for table, names in rows}


def written(before: dict[str, set[str]]) -> dict[str, int]:
    """Return table → number of parts that have been written since, of tables that have changed."""
    return {table: len(names - before[table]) for table, names in parts().items() if names != before[table]}


def digest(query: str) -> str:
    """Return a hash of the rows of a query, whatever their order."""
    with connect() as client:
        rows = sorted(repr(row) for row in client.query(query).result_rows)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def contents() -> dict[str, str]:
    return {table: digest(f"SELECT * FROM {table}") for table in by_snapshot()}


def check_equals_a_build_from_nothing(run: Sequence[str] = RUN) -> None:
    found = contents()
    run_dbt([*run, "--full-refresh"])
    expected = contents()
    assert [table for table in expected if found[table] != expected[table]] == []


def filled(place: Path, run: Sequence[str]) -> Path:
    """Let two snapshots with labels for each come one after the other; return the file of the labels."""
    world = simulate(place / "world", alerts=200, dates=DATES, window_days=WINDOW, network="simnet", seed=3)
    with connect() as client:
        create_tables(client)
        add_labels(client, world.custom_labels)
    run_dbt(["seed"])
    for folder in sorted((world.root / "snapshots").glob("*/*")):
        with connect() as client:
            ingest(client, folder)
        run_dbt(run)
    return world.custom_labels


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """The folder of a warehouse, and the labels in it."""
    place = tmp_path_factory.mktemp("by_snapshot")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_WAREHOUSE", str(place / "warehouse"))
        labels = filled(place, RUN)
    return place / "warehouse", pd.read_csv(labels)


@pytest.fixture
def labels(made: tuple[Path, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """The labels; the environment names a copy of the warehouse."""
    shutil.copytree(made[0], tmp_path / "own", symlinks=True)
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "own"))
    return made[1]


@pytest.mark.usefixtures("warehouse")
@pytest.mark.timeout(400)
def test_a_snapshot_by_itself_has_the_rows_that_it_has_among_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "warehouse"))
    filled(tmp_path, EVERY_FAMILY)
    with connect() as client:
        snapshots = client.query("SELECT count() FROM fct_alert_features GROUP BY processing_date").result_rows
    assert snapshots == [(200,), (200,)]
    check_equals_a_build_from_nothing(EVERY_FAMILY)


@pytest.mark.timeout(400)
def test_a_run_builds_what_has_changed_and_nothing_else(
    labels: pd.DataFrame, call: Callable[..., Called], tmp_path: Path
) -> None:
    before = parts()
    run_dbt(RUN)
    assert written(before) == {}

    # Labels of a known source for one date: the label half of that date.
    known = labels.query("processing_date == '2025-07-01'").head(20)
    known.assign(processing_date="2025-08-01").to_csv(tmp_path / "more.csv", index=False)
    assert call("labels", "add", tmp_path / "more.csv").code == 0
    run_dbt(RUN)
    changed = written(before)
    assert {"fct_applied_labels", "int_label_votes__gold", "int_label_votes", "fct_address_labels"} <= set(changed)
    assert [table for table in changed if "features" in table or table.startswith("stg_")] == []
    assert set(changed.values()) == {1}

    # The same number of rows in the same number of parts, after a partition was empty: only their content differs.
    before = parts()
    with connect() as client:
        client.command("CREATE TABLE kept AS raw_address_labels ENGINE = MergeTree ORDER BY tuple()")
        client.command(
            "INSERT INTO kept SELECT * REPLACE (if(risk_level = 'low', 'high', risk_level) AS risk_level) FROM raw_address_labels FINAL"
        )
        client.command("TRUNCATE TABLE raw_address_labels")
        client.command("INSERT INTO raw_address_labels SELECT * FROM kept")
        client.command("DROP TABLE kept")
    run_dbt(RUN)
    assert "fct_address_labels" in written(before)

    # A label most of whose columns are missing.
    before = parts()
    with connect() as client:
        client.command(
            "INSERT INTO address_labels (network, processing_date, window_days, address, label, risk_level, source) "
            f"SELECT network, processing_date, window_days, address, 'scam', 'high', 'ofac' FROM raw_features WHERE {LAST} LIMIT 1"
        )
    run_dbt(RUN)
    assert "fct_applied_labels" in written(before)

    # One address of one snapshot: the features of that date, and nothing of another.
    before = parts()
    with connect() as client:
        client.command(
            f"INSERT INTO raw_features SELECT * REPLACE (total_volume_usd * 2 AS total_volume_usd, now64(3) AS ingested_at) "
            f"FROM raw_features FINAL WHERE {LAST} LIMIT 1"
        )
    run_dbt(RUN)
    changed = written(before)
    assert {"stg_features", "fct_address_features", "fct_alert_features"} <= set(changed)
    assert "int_flow_sides" not in changed
    assert set(changed.values()) == {1}

    # A snapshot that has gone.
    with connect() as client:
        for table in ("raw_alerts", "raw_features", "raw_clusters", "raw_money_flows", "address_labels", "raw_address_labels"):
            client.command(f"ALTER TABLE {table} DELETE WHERE {LAST} SETTINGS mutations_sync = 2")
    run_dbt(RUN)
    with connect() as client:
        assert client.query(f"SELECT count() FROM fct_alert_features WHERE {LAST}").result_rows == [(0,)]
    check_equals_a_build_from_nothing()


@pytest.mark.usefixtures("labels")
@pytest.mark.timeout(400)
def test_a_change_of_sql_builds_what_depends_on_it_and_a_killed_run_is_made_good() -> None:
    before = parts()
    run_dbt(MEDIUM_IS_RISKY)
    changed = written(before)
    assert "int_label_votes__gold" in changed
    assert [table for table in changed if "features" in table or table.startswith(("stg_", "int_flow"))] == []

    # What a killed run may leave: a partition that is missing, one of an earlier build beside it, and a table under a name of its own.
    with connect() as client:
        (partition,) = client.query(
            "SELECT any(partition) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'int_flow_sides'"
        ).result_rows[0]
        client.command(f"ALTER TABLE int_flow_sides DROP PARTITION {partition}")
        client.command("CREATE TABLE int_flow_sides__dbt_tmp AS int_flow_sides")
        snapshot = client.query("SELECT any(_snapshot) FROM fct_alert_features").result_rows[0][0]
        columns = ", ".join(client.query("SELECT * FROM fct_alert_features LIMIT 0").column_names)
        client.command(
            f"INSERT INTO fct_alert_features ({columns}, _snapshot, _inputs) SELECT {columns}, _snapshot, 1 FROM fct_alert_features "
            f"WHERE _snapshot = {snapshot} SETTINGS insert_allow_materialized_columns = 1"
        )
    run_dbt(MEDIUM_IS_RISKY)
    check_equals_a_build_from_nothing(MEDIUM_IS_RISKY)


@pytest.mark.usefixtures("labels")
def test_a_table_of_an_earlier_version_is_refused_and_not_taken_for_an_empty_one() -> None:
    before = digest("SELECT * FROM int_flow_sides")
    with connect() as client:
        client.command("DROP TABLE int_flow_sides SYNC")
        client.command("CREATE TABLE int_flow_sides ENGINE = MergeTree ORDER BY x AS SELECT 1 AS x")
    ended = dbt(*RUN, "--select", "int_flow_peers")
    assert not ended.success
    assert "earlier version; run `dbt run` without --select" in " ".join(str(one.message) for one in ended.result)
    run_dbt(RUN)
    assert digest("SELECT * FROM int_flow_sides") == before

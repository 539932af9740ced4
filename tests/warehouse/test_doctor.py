"""The doctor's checks of a warehouse: its tables, its last build and its newest model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.artifacts import described
from tests.support.dbt import run_dbt
from tests.support.snapshots import tables, write
from trainer import XGBoostTrainer, connect
from trainer.data.dataset import Dataset
from trainer.doctor import Check, examine
from trainer.registry import artifact, registry
from trainer.snapshots.ingest import ingest
from trainer.warehouse import builds, create_tables


@pytest.fixture(autouse=True)
def _own(own_house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_ARTIFACTS", str(own_house / "artifacts"))


def found() -> dict[str, Check]:
    return {check.name: check for check in examine() if check.name in {"warehouse", "tables", "build", "model"}}


def status() -> dict[str, str]:
    return {name: check.status for name, check in found().items()}


def test_the_way_from_an_empty_warehouse_to_a_model(own_house: Path, tmp_path: Path, table: Dataset) -> None:
    assert status() == {"warehouse": "ok", "tables": "ok", "build": "note", "model": "note"}
    assert found()["build"].advice == "load one with `trainer ingest`"
    with connect() as client:
        ingest(client, write(tmp_path, tables(), "doctor"))
    assert found()["build"].advice == "run `trainer build`"
    run_dbt(["run", "--select", "+training_alerts"])
    assert status()["build"] == "ok"
    trainer = XGBoostTrainer(seed=0)
    trainer.train(table.X, table.y)
    folder, meta = artifact.save(own_house / "artifacts", trainer, described(table))
    with connect() as client:
        registry.register(client, folder, meta, [])
    assert status() == {"warehouse": "ok", "tables": "ok", "build": "ok", "model": "ok"}
    (folder / meta.file).write_bytes(b"")
    assert (found()["model"].status, found()["model"].code) == ("fail", 6)


def test_a_build_that_was_killed_fails() -> None:
    with connect() as client:
        builds.mark(client, "model.trainer.training_alerts", builds.STARTED)
    check = found()["build"]
    assert (check.status, check.code) == ("fail", 4) and check.advice == "run `dbt run` to the end"
    with connect() as client:
        builds.mark(client, "model.trainer.training_alerts", builds.FINISHED)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ("ALTER TABLE raw_clusters MODIFY COMMENT 'of an earlier version'", "tables of an earlier version: raw_clusters"),
        ("DROP TABLE raw_money_flows", "1 tables are missing (raw_money_flows)"),
        ("TRUNCATE TABLE risk_levels", "the seed risk_levels has 0 rows, and its file has 4"),
    ],
    ids=["outdated", "missing", "seed"],
)
def test_tables_that_are_not_of_this_version_fail_and_are_left(change: str, detail: str) -> None:
    with connect() as client:
        client.command(change)
    assert found()["tables"] == Check("tables", "fail", detail, "run `trainer init`", 4)
    assert list(status()) == ["warehouse", "tables"]
    with connect() as client:
        create_tables(client)
    run_dbt(["seed"])
    assert status()["tables"] == "ok"

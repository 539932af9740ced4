"""The whole way on the target `server`: ClickHouse's HTTP interface with a password, dbt's `type: clickhouse` and the trainer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.warehouse import DATES, ROOT, WINDOW, Bridge
from trainer.simulate import simulate

ALERTS = 1000


@pytest.fixture
def environment(bridge: Bridge, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "DBT_PROFILES_DIR": str(ROOT),
        "DBT_PROJECT_DIR": str(ROOT / "dbt_project"),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
        "TRAINER_ARTIFACTS": str(tmp_path / "artifacts"),
        "TRAINER_DATABASE": "whole_way",
        "CLICKHOUSE_HOST": bridge.host,
        "CLICKHOUSE_PORT": str(bridge.port),
        "CLICKHOUSE_USER": bridge.user,
        "CLICKHOUSE_PASSWORD": bridge.password,
    }


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_from_a_snapshot_to_scores_over_http(environment: dict[str, str], tmp_path: Path) -> None:
    world = simulate(tmp_path / "data", alerts=ALERTS, dates=DATES, window_days=WINDOW, network="simnet", seed=2)
    trainer = (sys.executable, "-m", "trainer")
    dbt = (sys.executable, "-c", "from dbt.cli.main import cli; cli()")
    server = ("--target", "server")
    for _ in range(2):  # the second time changes nothing
        said = json.loads(run(environment, *trainer, "ingest", str(world.root / "snapshots"), "--json", *server))
        assert [snapshot["rows"]["raw_alerts"] for snapshot in said["snapshots"]] == [ALERTS, ALERTS]
        added = json.loads(run(environment, *trainer, "labels", "add", str(world.custom_labels), "--json", *server))
        assert added["added"] + added["present"] == added["rows"]
    assert added["added"] == 0
    assert "Completed successfully" in run(environment, *dbt, "build", "--no-use-colors", *server)
    fitted = json.loads(run(environment, *trainer, "fit", "--json", *server))
    assert fitted["split"] == "forward"
    assert fitted["n_features"] > 100
    scored = json.loads(run(environment, *trainer, "predict", "--json", *server))
    assert (scored["rows"], scored["model_id"]) == (ALERTS, fitted["model_id"])
    listed = json.loads(run(environment, *trainer, "models", "list", "--json", *server))
    assert [model["model_id"] for model in listed["models"]] == [fitted["model_id"]]


def test_labels_are_corrected_and_withdrawn_over_http(environment: dict[str, str], tmp_path: Path) -> None:
    labels = (sys.executable, "-m", "trainer", "labels")
    row = "address,risk_level,label,source,network,processing_date,window_days\n0x{a:040x},{level},mixer,me,ethereum,2025-08-01,90\n"
    seen = []
    for level in ("high", "low", "low"):
        path = tmp_path / f"{level}.csv"
        path.write_text(row.format(a=1, level=level))
        added = json.loads(run(environment, *labels, "add", str(path), "--json", "--target", "server"))
        seen.append((added["added"], added["present"], added["replaced"]))
    assert seen == [(1, 0, 0), (1, 0, 1), (0, 1, 0)]
    options = ("--source", "me", "--network", "ethereum", "--processing-date", "2025-08-01", "--window-days", "90")
    removed = run(environment, *labels, "remove", *options, "--json", "--target", "server")
    assert json.loads(removed)["removed"] == 1
    done = subprocess.run(
        [*labels, "remove", *options, "--target", "server"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3 and "no labels of source 'me'" in done.stderr

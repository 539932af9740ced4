"""The whole way on the target `server`: ClickHouse's HTTP interface with a password, dbt's `type: clickhouse` and the trainer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.warehouse import DATES, ROOT, WINDOW, Bridge, Called
from trainer.simulate import simulate

ALERTS = 1000


@pytest.fixture
def server(bridge: Bridge, tmp_path: Path, call: Callable[..., Called], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Called]:
    """Run the command line in this process on the target `server`, which the environment describes."""
    environment = {
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
        "TRAINER_ARTIFACTS": str(tmp_path / "artifacts"),
        "TRAINER_DATABASE": "whole_way",
        "CLICKHOUSE_HOST": bridge.host,
        "CLICKHOUSE_PORT": str(bridge.port),
        "CLICKHOUSE_USER": bridge.user,
        "CLICKHOUSE_PASSWORD": bridge.password,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: call(*arguments, "--target", "server")


def answer(done: Called) -> Any:
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_from_a_snapshot_to_scores_over_http(server: Callable[..., Called], tmp_path: Path) -> None:
    world = simulate(tmp_path / "data", alerts=ALERTS, dates=DATES, window_days=WINDOW, network="simnet", seed=2)
    for _ in range(2):  # the second time changes nothing
        said = answer(server("ingest", world.root / "snapshots", "--json"))
        assert [snapshot["rows"]["raw_alerts"] for snapshot in said["snapshots"]] == [ALERTS, ALERTS]
        added = answer(server("labels", "add", world.custom_labels, "--json"))
        assert added["added"] + added["present"] == added["rows"]
    assert added["added"] == 0
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "build", "--no-use-colors", "--target", "server"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "Completed successfully" in built.stdout
    fitted = answer(server("fit", "--json"))
    assert fitted["split"] == "forward"
    assert fitted["n_features"] > 100
    scored = answer(server("predict", "--json"))
    assert (scored["rows"], scored["model_id"]) == (ALERTS, fitted["model_id"])
    listed = answer(server("models", "list", "--json"))
    assert [model["model_id"] for model in listed["models"]] == [fitted["model_id"]]


def test_labels_are_corrected_and_withdrawn_over_http(server: Callable[..., Called], tmp_path: Path) -> None:
    row = "address,risk_level,label,source,network,processing_date,window_days\n0x{a:040x},{level},mixer,me,ethereum,2025-08-01,90\n"
    seen = []
    for level in ("high", "low", "low"):
        path = tmp_path / f"{level}.csv"
        path.write_text(row.format(a=1, level=level))
        added = answer(server("labels", "add", path, "--json"))
        seen.append((added["added"], added["present"], added["replaced"]))
    assert seen == [(1, 0, 0), (1, 0, 1), (0, 1, 0)]
    remove = (
        "labels", "remove", "--source", "me", "--network", "ethereum", "--processing-date", "2025-08-01", "--window-days", 90,
    )  # fmt: skip
    assert answer(server(*remove, "--json"))["removed"] == 1
    done = server(*remove)
    assert done.code == 3 and "no labels of source 'me'" in done.err

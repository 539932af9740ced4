"""One engine folder a test process, filled and built by dbt once.

A folder is open in one process at a time and a process can open one folder: tests take `client`, or call the command line
in this process (`call`), or in a child on a folder of its own (`child`).
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.warehouse import COINS_ALERTS, DATES, ROOT, TORUS, WINDOW, Bridge, Called, House, label_file
from trainer import ModelTraining, TrainingResult, cli, connect
from trainer.labels.add import add_labels
from trainer.simulate import SimulationSummary, simulate
from trainer.snapshots.ingest import ingest
from trainer.warehouse.dbt import run_dbt
from trainer.warehouse.schema import create_tables


@pytest.fixture(scope="session")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """ClickHouse's HTTP interface in a process and on a folder of its own."""
    user, password = "tester", "s3cret word"
    command = [sys.executable, str(ROOT / "tests" / "support" / "bridge.py"), "--path", str(tmp_path_factory.mktemp("bridge"))]
    with subprocess.Popen([*command, "--user", user, "--password", password], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Bridge("127.0.0.1", int(process.stdout.readline()), user, password)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder that the environment points at."""
    root = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PROFILES_DIR", str(ROOT))
        patch.delenv("DBT_PROJECT_DIR", raising=False)
        patch.delenv("TRAINER_DATABASE", raising=False)
        patch.setenv("TRAINER_TARGET", "embedded")
        patch.setenv("TRAINER_WAREHOUSE", str(root / "warehouse"))
        patch.setenv("TRAINER_ARTIFACTS", str(root / "artifacts"))
        patch.setenv("DBT_TARGET_PATH", str(root / "target"))
        patch.setenv("DBT_LOG_PATH", str(root / "logs"))
        yield root / "warehouse"


@pytest.fixture(scope="session")
def house(warehouse: Path) -> House:
    """Two simulated networks (and the real one where it is at hand), labelled and built by dbt.

    `simnet` has two dates, source-of-truth labels and custom ones. `coins` has one date and, for every address, the toss
    of a coin for a label.
    """
    root = warehouse.parent
    simnet = simulate(root / "simnet", alerts=2000, dates=DATES, window_days=WINDOW, network="simnet", seed=0)
    coins = simulate(root / "coins", alerts=COINS_ALERTS, dates=DATES[:1], window_days=WINDOW, network="coins", seed=1)
    shutil.rmtree(coins.labels.parent)
    known = sorted(pd.read_parquet(coins.truth, columns=["address"])["address"])
    tossed = label_file(root / "tossed.csv", "coins", known, np.random.default_rng(11).random(len(known)) < 0.5)
    with connect() as client:
        create_tables(client)
        for world in (simnet, coins):
            ingest(client, world.root / "snapshots")
        add_labels(client, simnet.custom_labels)
        add_labels(client, tossed)
        if TORUS.is_dir():
            ingest(client, TORUS)
    run_dbt(["build", "--quiet", "--exclude-resource-type", "test", "unit_test"], quiet=True)
    manifest = shutil.copy(root / "target" / "manifest.json", root / "manifest.json")  # other tests run dbt into target, too
    return House(warehouse, simnet, coins, Path(manifest))


@pytest.fixture(scope="session")
def minenet(house: House) -> SimulationSummary:
    """A third network in the same warehouse, two dates, half of its addresses labelled with the truth, built by dbt."""
    root = house.folder.parent
    world = simulate(root / "minenet", alerts=1200, dates=DATES, window_days=WINDOW, network="minenet", seed=5)
    truth = pd.read_parquet(world.truth, columns=["address", "is_illicit"]).sort_values("address").iloc[::2]
    listed = label_file(root / "minenet.csv", "minenet", truth["address"].tolist(), truth["is_illicit"].to_numpy())
    shutil.rmtree(world.labels.parent)
    frame = pd.read_csv(listed)
    pd.concat([frame.assign(processing_date=str(day)) for day in DATES]).to_csv(listed, index=False)
    with connect() as client:
        ingest(client, world.root / "snapshots")
        add_labels(client, listed)
    run_dbt(["run", "--quiet"], quiet=True)
    return world


@pytest.fixture
def client(warehouse: Path) -> Iterator[Any]:
    """A client on the folder, the tables created."""
    with connect() as opened:
        create_tables(opened)
        yield opened


@pytest.fixture(scope="session")
def fitted(house: House) -> TrainingResult:
    """An alert scorer for simnet, trained with the defaults."""
    with connect() as opened:
        return ModelTraining("simnet", *DATES, opened, window_days=WINDOW).run()


@pytest.fixture
def call(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Called]:
    """Run the command line in this process; a traceback fails the test."""

    def run(*arguments: object) -> Called:
        monkeypatch.setattr(sys, "argv", ["trainer", *map(str, arguments)])
        out, err = io.StringIO(), io.StringIO()
        code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main()
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Called(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def child(tmp_path: Path, warehouse: Path) -> Callable[..., Called]:
    """Run the command line in a child process, on a folder of its own unless told otherwise."""

    def run(*arguments: object, **environment: str) -> Called:
        env = os.environ | {"TRAINER_WAREHOUSE": str(tmp_path / "own")} | environment
        command = [sys.executable, "-m", "trainer", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=tmp_path, timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        return Called(done.returncode, done.stdout, done.stderr)

    return run

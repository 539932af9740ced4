"""A filled and built engine folder for each test process, and ways to work on it.

A folder is open in one process at a time, and a process has one folder open at a time: tests take `client`, or call the
command line in this process (`call`, or `own_call` on an empty folder of the test's own), or in a child (`child`).
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.dbt import parsed, run_dbt
from tests.support.processes import one_at_a_time
from tests.support.servers import PASSWORD, USER, bridge_to
from tests.support.warehouse import COINS_ALERTS, DATES, ROOT, TORUS, WINDOW, Bridge, Called, House, label_file
from trainer import ModelTraining, TrainingResult, cli, connect
from trainer.labels.add import add_labels
from trainer.simulate import SimulationSummary, simulate
from trainer.snapshots.ingest import ingest
from trainer.warehouse.schema import create_tables


@pytest.fixture(scope="session")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """ClickHouse's HTTP interface in a process and on a folder of its own."""
    with bridge_to(tmp_path_factory.mktemp("bridge")) as environment:
        yield Bridge("127.0.0.1", int(environment["CLICKHOUSE_PORT"]), USER, PASSWORD)


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


def simulated(root: Path) -> tuple[SimulationSummary, SimulationSummary, SimulationSummary]:
    """Write the snapshots and label lists of three networks, and put them into the warehouse that the environment names."""
    simnet = simulate(root / "simnet", alerts=2000, dates=DATES, window_days=WINDOW, network="simnet", seed=0)
    coins = simulate(root / "coins", alerts=COINS_ALERTS, dates=DATES[:1], window_days=WINDOW, network="coins", seed=1)
    minenet = simulate(root / "minenet", alerts=1200, dates=DATES, window_days=WINDOW, network="minenet", seed=5)
    for world in (coins, minenet):
        shutil.rmtree(world.labels.parent)
    known = sorted(pd.read_parquet(coins.truth, columns=["address"])["address"])
    tossed = label_file(root / "tossed.csv", "coins", known, np.random.default_rng(11).random(len(known)) < 0.5)
    truth = pd.read_parquet(minenet.truth, columns=["address", "is_illicit"]).sort_values("address").iloc[::2]
    half = label_file(root / "minenet.csv", "minenet", truth["address"].tolist(), truth["is_illicit"].to_numpy())
    frame = pd.read_csv(half)
    pd.concat([frame.assign(processing_date=str(day)) for day in DATES]).to_csv(half, index=False)
    with connect() as client:
        create_tables(client)
        for world in (simnet, coins, minenet):
            ingest(client, world.root / "snapshots")
        for labels in (simnet.custom_labels, tossed, half):
            add_labels(client, labels)
        if TORUS.is_dir():
            ingest(client, TORUS)
    return simnet, coins, minenet


@pytest.fixture(scope="session")
def house(warehouse: Path, run_folder: Path) -> House:
    """Three simulated networks (and the real one where it is at hand), labelled and built by dbt.

    `simnet` has two dates, source-of-truth labels and custom ones. `coins` has one date and, for every address, the toss
    of a coin for a label. `minenet` has two dates, and half of its addresses are labelled with the truth.

    Built once in a run of pytest: each of its processes works on a copy.
    """
    built, summaries = run_folder / "house" / "warehouse", run_folder / "house" / "summaries.pickle"
    with one_at_a_time(run_folder / "house.lock"):
        if not summaries.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("TRAINER_WAREHOUSE", str(built))
                worlds = simulated(built.parent)
                run_dbt(["build", "--exclude-resource-type", "test", "unit_test"])
            parsed().write(str(built.parent / "manifest.json"))
            summaries.write_bytes(pickle.dumps(worlds))
    shutil.rmtree(warehouse, ignore_errors=True)
    shutil.copytree(built, warehouse, symlinks=True)
    return House(warehouse, *pickle.loads(summaries.read_bytes()), built.parent / "manifest.json")


@pytest.fixture(scope="session")
def minenet(house: House) -> SimulationSummary:
    """A network that tests of features of one's own and of other model types train on."""
    return house.minenet


@pytest.fixture(scope="module")
def own_house(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of the test module's own: an empty warehouse with the seeds, which the environment points at, is in it."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_WAREHOUSE", str(folder / "warehouse"))
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        with connect() as opened:  # left open: opening a folder takes longer than most of what tests ask of it
            create_tables(opened)
            run_dbt(["seed"])
            yield folder


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
def own_call(call: Callable[..., Called], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Called]:
    """Run the command line in this process on a folder of the test's own, which the environment names from here on."""
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "own"))
    monkeypatch.setenv("TRAINER_ARTIFACTS", str(tmp_path / "artifacts"))
    return call


@pytest.fixture
def child(tmp_path: Path, warehouse: Path) -> Callable[..., Called]:
    """Run the command line in a child process, on a folder of its own by default."""

    def run(*arguments: object, **environment: str) -> Called:
        env = os.environ | {"TRAINER_WAREHOUSE": str(tmp_path / "own")} | environment
        command = [sys.executable, "-m", "trainer", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=tmp_path, timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        return Called(done.returncode, done.stdout, done.stderr)

    return run

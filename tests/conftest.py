"""Fixtures every test may use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings

from tests.support.processes import one_at_a_time
from trainer.data.dataset import Dataset
from trainer.data.feature import Feature

settings.register_profile("unit", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")

HERE = Path(__file__).parent
REAL_ENGINE = ("adapter", "docs", "project", "warehouse")
ENVIRONMENT = (
    "DBT_PROFILES_DIR",
    "DBT_PROJECT_DIR",
    "TRAINER_WAREHOUSE",
    "TRAINER_ARTIFACTS",
    "TRAINER_TARGET",
    "TRAINER_DATABASE",
    "TRAINER_DEBUG",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever runs on a real engine is slow, without a mark of its own."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).parts[0] in REAL_ENGINE:
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def _plain_environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the caller's settings out of tests; those on a real engine set their own for the session."""
    if request.path.relative_to(HERE).parts[0] in REAL_ENGINE:
        return
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run of pytest share: workers of pytest-xdist have theirs inside it."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def parsed_project(run_folder: Path) -> Path:
    """What dbt remembers of the checkout's project, parsed once in a run of pytest.

    A copy in the folder that DBT_TARGET_PATH names spares processes of their own the parsing, which takes longer than most of
    what they do.
    """
    kept = run_folder / "parsed" / "partial_parse.msgpack"
    with one_at_a_time(run_folder / "parsed.lock"):
        if not kept.exists():
            environment = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "TRAINER_"))}
            environment |= {"DBT_TARGET_PATH": str(kept.parent), "DBT_LOG_PATH": str(kept.parent)}
            command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "parse", "--no-write-json"]
            subprocess.run(command, cwd=HERE.parent, env=environment, check=True)
    return kept


@pytest.fixture(scope="session")
def table() -> Dataset:
    """200 rows of 100 addresses on two dates, four columns of which the first tells the label and one has gaps."""
    rng = np.random.default_rng(3)
    y = (np.arange(200) % 4 == 0).astype(np.float32)
    X = rng.normal(size=(200, 4)).astype(np.float32)
    X[:, 0] += 2 * y
    X[rng.random(200) < 0.3, 2] = np.nan
    keys = pa.table(
        {
            "processing_date": pa.array(np.repeat(np.array(["2025-08-01", "2025-09-01"], dtype="datetime64[D]"), 100)),
            "alert_id": [f"a{i:03}" for i in range(200)],
            "address": [f"0x{i % 100:040x}" for i in range(200)],
        }
    )
    features = [Feature(f"f{i}", f"f{i}") for i in range(4)]
    return Dataset(np.asfortranarray(X), y, np.full(200, 0.9, np.float32), keys, features)

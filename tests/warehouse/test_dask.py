"""`fit --backend dask`: two workers of a Dask cluster fit together, each on its slice of a table on a server."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import bridge_to
from tests.support.warehouse import DATES, WINDOW, Called, House
from trainer import AddressLabelStrategy, ModelTraining, connect
from trainer.errors import UsageError

# No rows or columns are drawn, because each worker draws from its own; no count of rows in a leaf, which LightGBM's workers estimate.
EXACT = {
    "xgboost": ("n_estimators=20", "subsample=1", "colsample_bytree=1"),
    "lightgbm": (
        "n_estimators=20",
        "bagging_fraction=1",
        "feature_fraction=1",
        "min_data_in_leaf=1",
        "min_sum_hessian_in_leaf=5",
    ),
}


@pytest.fixture(scope="module")
def log(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A server with the built warehouse, which the environment names, and the file that it records statements in."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(house.folder, folder / "warehouse", symlinks=True)
    statements = folder / "statements.jsonl"
    with bridge_to(folder / "warehouse", statements) as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setenv("TRAINER_ARTIFACTS", str(folder / "artifacts"))
        yield statements


@pytest.fixture(scope="module")
def scheduler(log: Path) -> Iterator[str]:
    """The address of a scheduler with two workers, which have the environment of this process."""
    from distributed import LocalCluster

    one = {"OMP_NUM_THREADS": "1"}
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, env=one, protocol="tcp") as cluster:
        yield cluster.scheduler_address


def recorded(log: Path, start: int) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()[start:]]


def is_wide(statement: str) -> bool:
    """Whether a statement reads the feature matrix: more than a hundred columns."""
    return " AS f100" in statement


@pytest.mark.parametrize("model", sorted(EXACT))
def test_two_workers_fit_what_one_process_fits(
    log: Path, scheduler: str, call: Callable[..., Called], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = [word for one in EXACT[model] for word in ("--param", one)]
    command = ("fit", "--model", model, "--network", "minenet", *parameters, "--folds", "2", "--json")
    alone = json.loads(call(*command).out)
    start = len(log.read_text(encoding="utf-8").splitlines())
    called = call(*command, "--backend", "dask", "--scheduler", scheduler)
    assert called.code == 0, called.err
    together = json.loads(called.out)
    for name in ("n_train", "n_test", "n_positive", "n_features", "split", "graded_on"):
        assert together[name] == alone[name], name
    for name, value in alone["metrics"].items():
        assert together["metrics"][name]["value"] == pytest.approx(value["value"], abs=0.002), name

    reads = [one for one in recorded(log, start) if is_wide(one["statement"])]
    assert all("first_id" in one["parameters"] for one in reads), "the driver reads no features of its own"
    ranges = sorted(
        (one["parameters"]["start_date"], one["parameters"]["first_id"], one["parameters"]["last_id"]) for one in reads
    )
    assert len(ranges) == 4, "two workers, two snapshots"
    for (day, first, last), (next_day, following, _) in pairwise(ranges):
        assert first < last and (day < next_day or last < following), "slices are disjoint"
    assert sum(one["rows"] for one in reads) == together["n_train"], "slices are whole"
    assert max(one["rows"] for one in reads) <= together["n_train"] / 4 * 1.2

    monkeypatch.setitem(sys.modules, "distributed", None)  # a model is used without it
    scored = call("predict", "--model-id", together["model_id"], "--network", "minenet", "--json")
    assert scored.code == 0 and json.loads(scored.out)["rows"] == 1200, scored.err


def test_a_scheduler_that_cannot_be_reached_is_given_up_soon(log: Path, call: Callable[..., Called]) -> None:
    started = time.monotonic()
    called = call("fit", "--network", "minenet", "--backend", "dask", "--scheduler", "tcp://127.0.0.1:9")
    assert called.code == 4 and "scheduler at tcp://127.0.0.1:9 cannot be reached" in called.err
    assert time.monotonic() - started < 30


class OwnLabels(AddressLabelStrategy):
    """Might derive any labels."""


def test_a_strategy_in_python_is_refused(log: Path, scheduler: str) -> None:
    with connect() as client:
        how: dict[str, Any] = {"label_strategy": OwnLabels(), "backend": "dask", "scheduler": scheduler}
        training = ModelTraining("minenet", *DATES, client, window_days=WINDOW, **how)
        with pytest.raises(UsageError, match="choose one of dbt's"):
            training.run()


def test_an_embedded_warehouse_is_refused(house: House, call: Callable[..., Called], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_TARGET", "embedded")
    called = call("fit", "--network", "minenet", "--backend", "dask", "--scheduler", "tcp://127.0.0.1:9")
    assert called.code == 2 and "cannot read an embedded warehouse" in called.err
    with connect() as client:  # it was closed
        assert client.query("SELECT 1").result_rows == [(1,)]

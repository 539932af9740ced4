"""Fitting on the workers of a cluster, with a cluster in this process: which rows a fit has, and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from trainer.data import Dataset, Selection, Slice, slices_of
from trainer.data.feature import Feature
from trainer.errors import ClusterError, UsageError
from trainer.evaluation import make_split
from trainer.models import LightGBMTrainer, LogisticTrainer, ModelTrainer, XGBoostTrainer
from trainer.training.backend import IN_PROCESS, check_backend, worker
from trainer.training.backend.cluster import open_cluster
from trainer.training.backend.on_cluster import OnCluster
from trainer.training.unseen import out_of_fold

SELECTION = Selection("net", date(2025, 8, 1), date(2025, 9, 1), 90)


def rows(addresses: int = 800) -> Dataset:
    """Two dates with a row for each address, in key order; the first feature tells the label."""
    rng = np.random.default_rng(6)
    days = np.repeat(np.array(["2025-08-01", "2025-09-01"], dtype="datetime64[D]"), addresses)
    owner = np.r_[rng.permutation(addresses), rng.permutation(addresses)]
    y = (owner % 3 == 0).astype(np.float32)
    X = rng.normal(size=(2 * addresses, 3)).astype(np.float32)
    X[:, 0] += y
    names = [f"0x{one:040x}" for one in owner]
    keys = pa.table({"processing_date": days, "alert_id": [f"a{i:05}" for i in range(len(y))], "address": names})
    weight = np.where(np.arange(len(y)) % 10 == 0, 0, 0.5).astype(np.float32)
    return Dataset(np.asfortranarray(X), y, weight, keys, [Feature(f"f{i}", f"f{i}") for i in range(3)])


@dataclass
class Inside:
    """Stands for a cluster: runs tasks here, one after the other, and fits by the rows of all of them together."""

    features: np.ndarray
    workers: list[str]
    seen: list[np.ndarray] = field(default_factory=list)
    held: list[np.ndarray] = field(default_factory=list)

    def start(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        if function is worker.read:
            self.held = [one.numbers for (one,) in arguments]
            return [worker.Held(self.features[numbers], ["f0", "f1", "f2"]) for numbers in self.held]
        if function is worker.fit:
            return self._fit(arguments)
        if function in (worker.open_meeting, worker.threads):
            return [{} if function is worker.open_meeting else 1 for _ in arguments]
        return [function(*own) for own in arguments]

    def call(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        return self.start(function, arguments)

    def wait(self, futures: Sequence[Any]) -> None:
        assert futures

    def _fit(self, tasks: Sequence[tuple[Any, ...]]) -> list[Any]:
        numbers = [own[task[5].positions] for own, task in zip(self.held, tasks, strict=True)]
        self.seen.append(np.concatenate(numbers))
        fitted = [task[5].rows_of(task[0]) for task in tasks]
        part = replace(
            fitted[0], **{name: np.concatenate([getattr(one, name) for one in fitted]) for name in ("X", "y", "weight", "groups")}
        )
        _, trainer, work = tasks[0][:3]
        return [(trainer.fixed(work.parameters, part, work.rounds), work.rounds), *[None] * (len(tasks) - 1)]


def test_slices_are_disjoint_and_whole_and_have_an_equal_part_of_each_snapshot() -> None:
    data = rows(500)
    slices = slices_of(data, SELECTION, "address_labels", 3)
    assert np.array_equal(np.sort(np.concatenate([one.numbers for one in slices])), np.arange(1000))
    assert [[part.count for part in one.parts] for one in slices] == [[166, 166], [167, 167], [167, 167]]
    ids = data.keys["alert_id"].to_pylist()
    for one in slices:
        inside = [number for part in one.parts for number in range(ids.index(part.first), ids.index(part.last) + 1)]
        assert inside == one.numbers.tolist()
    again = slices_of(data, SELECTION, "address_labels", 3)
    assert [one.parts for one in slices] == [one.parts for one in again]


def test_no_fit_of_a_fold_has_a_row_of_its_test_part_or_of_weight_0() -> None:
    pytest.importorskip("distributed")
    data = rows()
    cluster = Inside(data.X, ["tcp://10.0.0.1:1", "tcp://10.0.0.2:1"])
    backend = OnCluster(cluster)  # type: ignore[arg-type]  # it stands for one
    backend.take(data, SELECTION, "address_labels")
    split = make_split(data.y, data.groups, data.dates)
    trainer = XGBoostTrainer({"n_estimators": 10, "subsample": 1.0, "colsample_bytree": 1.0})
    proba = out_of_fold(trainer, data, split, backend=backend)
    assert len(cluster.seen) == len(split.folds)
    for (train, test), numbers in zip(split, cluster.seen, strict=True):
        assert not set(numbers) & set(test)
        assert not set(data.groups[numbers]) & set(data.groups[test])
        assert np.array_equal(np.sort(numbers), np.sort(train[data.weight[train] > 0]))
    expected = out_of_fold(trainer, data, split, backend=IN_PROCESS)
    assert np.array_equal(np.isnan(proba), np.isnan(expected))
    assert np.nanmax(np.abs(proba - expected)) < 1e-6


@pytest.mark.parametrize("trainer", [XGBoostTrainer(), LightGBMTrainer()])
def test_the_boosted_trees_fit_on_a_cluster(trainer: ModelTrainer) -> None:
    check_backend("dask", "tcp://10.0.0.1:8786", trainer)


class OwnTrain(XGBoostTrainer):
    """Fits in a way of its own, which workers would not know of."""

    def train(self, *rows: Any, **options: Any) -> Any:
        return super().train(*rows, **options)


@pytest.mark.parametrize(
    ("name", "scheduler", "trainer", "sentence"),
    [
        ("dask", "tcp://10.0.0.1:8786", LogisticTrainer(), "'logistic' fits in one process only"),
        ("dask", "tcp://10.0.0.1:8786", OwnTrain(), "OwnTrain' fits in one process only"),
        ("dask", None, XGBoostTrainer(), "needs the address of a scheduler"),
        ("local", "tcp://10.0.0.1:8786", XGBoostTrainer(), "add --backend dask"),
        ("dusk", None, XGBoostTrainer(), r"no backend 'dusk' \(did you mean 'dask'\?\)"),
    ],
)
def test_what_cannot_be_fitted_on_a_cluster_is_refused(
    name: str, scheduler: str | None, trainer: ModelTrainer, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        check_backend(name, scheduler, trainer)


def test_without_dask_a_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'aml-trainer\[dask\]'"), open_cluster("tcp://127.0.0.1:1"):
        pass


def test_a_worker_on_an_embedded_warehouse_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(worker, "_address", lambda: "tcp://10.0.0.2:1")
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "warehouse"))
    (one,) = slices_of(rows(), SELECTION, "address_labels", 1)
    assert isinstance(one, Slice)
    with pytest.raises(ClusterError, match="worker tcp://10.0.0.2:1 cannot read its slice: .* set TRAINER_TARGET=server"):
        worker.read(one)
    assert not (tmp_path / "warehouse").exists()

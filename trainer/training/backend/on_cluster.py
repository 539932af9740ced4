"""Fits and predicts on the workers of a cluster; keys, labels and weights are here, features only there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.data import slices_of
from trainer.errors import UsageError
from trainer.models import Member, fit_together
from trainer.training.backend import worker
from trainer.training.backend.base import row_groups
from trainer.training.backend.worker import Labels

if TYPE_CHECKING:
    import pandas as pd

    from trainer.data import Dataset, Selection, Slice
    from trainer.models import ModelTrainer, Rows, Work
    from trainer.progress import Progress
    from trainer.training.backend.cluster import Cluster

SLICE_ROWS = 500
"""Labelled rows of a slice, at least: with fewer, a fold may leave a worker without rows of one side."""


class OnCluster:
    """The workers of a cluster, of which each keeps a slice of the dataset."""

    keys_only = True

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._slices: list[Slice] = []
        self._held: list[Any] = []  # what stands for the slices that the workers have read

    def take(self, data: Dataset, selection: Selection, label_strategy: str) -> None:
        """Let each worker read its slice.

        Raises:
            ClusterError: a worker cannot.
        """
        count = min(len(self.cluster.workers), max(1, len(data.y) // SLICE_ROWS))
        self._slices = slices_of(data, selection, label_strategy, count)
        self._held = self.cluster.start(worker.read, [(one,) for one in self._slices])
        self.cluster.wait(self._held)

    def fit(
        self,
        trainer: ModelTrainer,
        data: Dataset,
        rows: np.ndarray | None,
        progress: Progress | None,  # noqa: ARG002  the trees grow elsewhere
        part: str,
    ) -> tuple[ModelTrainer, np.ndarray | None]:
        """Return a trained copy of a trainer that `trainer.models.fits_together`; no values are imputed for it."""

        def together(work: Work, fitted: Rows, held: Rows | None) -> tuple[Any, int]:
            return self._together(trainer, work, fitted, held, part)

        numbers = np.arange(len(data.y)) if rows is None else np.sort(rows)
        groups = row_groups(trainer, data)[numbers]
        labels = data.y[numbers], data.weight[numbers], groups
        return fit_together(trainer, numbers, *labels, len(data.features), together), None

    def predict(
        self,
        fitted: ModelTrainer,
        data: Dataset,  # noqa: ARG002  the workers have it
        rows: np.ndarray,
        medians: np.ndarray | None,  # noqa: ARG002  there are none
        part: str,
    ) -> np.ndarray:
        """Return the prediction float64 (m,) for some rows (m,)."""
        found, mine = self._by_worker(rows)
        predicted = self._call(worker.predict, [(fitted, positions, part) for positions in mine])
        proba = np.empty(len(rows))
        for places, own in zip(found, predicted, strict=True):
            proba[places] = own
        return proba

    def frame(self, data: Dataset, rows: np.ndarray) -> pd.DataFrame:
        """Return the features of a few rows (m,)."""
        import pandas as pd

        found, mine = self._by_worker(rows)
        X = np.empty((len(rows), len(data.features)), dtype=np.float32, order="F")
        for places, own in zip(found, self._call(worker.values, [(positions,) for positions in mine]), strict=True):
            X[places] = own
        return pd.DataFrame(X, columns=data.feature_names, copy=False)

    def fingerprint(self, data: Dataset) -> str:
        """Return a hash of keys, labels and values, which does not depend on how many workers there are."""
        hashes = np.empty(len(data.y), dtype=np.uint64)
        for one, own in zip(self._slices, self._call(worker.hashes, [()] * len(self._slices)), strict=True):
            hashes[one.numbers] = own
        return hashlib.sha256(data.fingerprint().encode() + hashes.tobytes()).hexdigest()

    def _together(self, trainer: Any, work: Work, fitted: Rows, held: Rows | None, part: str) -> tuple[Any, int]:
        """Fit on all workers at once; X of the rows are their numbers."""
        members = self._members()
        own = [self._labels(fitted, part), [None] * len(members) if held is None else self._labels(held, part)]
        samples = self._samples(fitted.X[:, 0], trainer.rows_to_bin(work.parameters), trainer.seed)
        bare = silent(trainer)
        tasks = [(bare, work, member, samples, *labels) for member, *labels in zip(members, *own, strict=True)]
        first: tuple[Any, int] = self._call(worker.fit, tasks)[0]
        return first

    def _call(self, function: Any, arguments: list[tuple[Any, ...]]) -> list[Any]:
        """Run a function on each worker, with its slice and further arguments."""
        return self.cluster.call(function, self._with_slices(arguments))

    def _with_slices(self, arguments: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [(held, *own) for held, own in zip(self._held, arguments, strict=True)]

    def _samples(self, numbers: np.ndarray, most: int, seed: int) -> list[Any]:
        """Return what stands for the features of up to so many of the rows with these numbers; none if that is 0."""
        if not most:
            return []
        if len(numbers) > most:
            numbers = np.sort(np.random.default_rng(seed).choice(numbers, most, replace=False))
        _, mine = self._by_worker(numbers)
        futures = self.cluster.start(worker.values, self._with_slices([(positions,) for positions in mine]))
        self.cluster.wait(futures)
        return futures

    def _members(self) -> list[Member]:
        """Return what each worker needs to find the others."""
        from distributed.comm.addressing import get_address_host

        size = len(self._slices)
        hosts = [get_address_host(address) for address in self.cluster.workers[:size]]
        meeting = self.cluster.call(worker.open_meeting, [(hosts[0], size)])[0]
        ports = [found.pop() for found in self._ports(hosts)]
        threads = self.cluster.call(worker.threads, [()] * size)
        machines = list(zip(hosts, ports, strict=True))
        return [Member(rank, size, meeting | {"dmlc_task_id": f"{rank:06}"}, machines, threads[rank]) for rank in range(size)]

    def _ports(self, hosts: list[str]) -> list[list[int]]:
        """Return for each worker the free ports of its host, the same list for all of one."""
        wanted = [(hosts.count(host),) for host in hosts]
        found = dict(zip(hosts, self.cluster.call(worker.open_ports, wanted), strict=True))
        return [found[host] for host in hosts]

    def _labels(self, rows: Rows, part: str) -> list[Labels]:
        """Return the labels of each worker's rows."""
        labels = []
        for places, positions in zip(*self._by_worker(rows.X[:, 0]), strict=True):
            if not len(places):
                raise UsageError(
                    f"A worker has no rows of {part} to train on or to stop by; use fewer workers, or leave --backend dask out."
                )
            labels.append(Labels(positions, rows.y[places], None if rows.weight is None else rows.weight[places]))
        return labels

    def _by_worker(self, numbers: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return for each worker which of the rows (m,) with these numbers it has, and their positions in its slice."""
        found, mine = [], []
        for one in self._slices:
            positions = np.searchsorted(one.numbers, numbers)
            inside = positions < len(one.numbers)
            inside[inside] = one.numbers[positions[inside]] == numbers[inside]
            found.append(np.flatnonzero(inside))
            mine.append(positions[inside])
        return found, mine


def silent(trainer: Any) -> Any:
    """Return a copy of a trainer that reports to nobody: a terminal cannot be sent."""
    import copy

    return copy.deepcopy(trainer, {id(trainer.progress): None})

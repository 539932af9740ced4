"""What a backend does for a training run, and the one that does it in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import numpy as np

from trainer.errors import UsageError, did_you_mean
from trainer.models import checked_predict, fit_trainer, fits_together, frame_at, name_of
from trainer.warehouse import is_embedded

if TYPE_CHECKING:
    import pandas as pd

    from trainer.data import Dataset, Selection
    from trainer.models import ModelTrainer
    from trainer.progress import Progress
    from trainer.warehouse import Client

LOCAL, DASK = "local", "dask"
BACKENDS = (LOCAL, DASK)


class Backend(Protocol):
    """Fits models to rows of a dataset, and predicts others of its rows.

    Attributes:
        keys_only: whether the dataset's X has no columns, because others read the features.
    """

    keys_only: bool

    def take(self, data: Dataset, selection: Selection, label_strategy: str) -> None:
        """Take the dataset that the other methods are called with."""

    def fit(
        self, trainer: ModelTrainer, data: Dataset, rows: np.ndarray | None, progress: Progress | None, part: str
    ) -> tuple[ModelTrainer, np.ndarray | None]:
        """Return what `trainer.models.fit_trainer` returns for some rows (m,), or all of them for None."""

    def predict(self, fitted: ModelTrainer, data: Dataset, rows: np.ndarray, medians: np.ndarray | None, part: str) -> np.ndarray:
        """Return what `trainer.models.checked_predict` returns for some rows (m,)."""

    def frame(self, data: Dataset, rows: np.ndarray) -> pd.DataFrame:
        """Return the features of a few rows (m,)."""

    def fingerprint(self, data: Dataset) -> str:
        """Return a hash of keys, labels and values: equal data, equal fingerprint of one backend."""


class InProcess:
    """Fits and predicts in this process, on a dataset with its features."""

    keys_only = False

    def take(self, data: Dataset, selection: Selection, label_strategy: str) -> None:
        """Do nothing: the dataset has what is needed."""

    def fit(
        self, trainer: ModelTrainer, data: Dataset, rows: np.ndarray | None, progress: Progress | None, part: str
    ) -> tuple[ModelTrainer, np.ndarray | None]:
        """Return a trained copy of a trainer, and the medians that impute missing values for it, if any."""
        frame, groups = data.frame(), row_groups(trainer, data)
        if rows is None:
            return fit_trainer(trainer, frame, data.y, data.weight, groups, progress, part=part)
        return fit_trainer(trainer, frame_at(frame, rows), data.y[rows], data.weight[rows], groups[rows], progress, part=part)

    def predict(self, fitted: ModelTrainer, data: Dataset, rows: np.ndarray, medians: np.ndarray | None, part: str) -> np.ndarray:
        """Return the prediction float64 (m,) for some rows (m,)."""
        return checked_predict(fitted, frame_at(data.frame(), rows), medians, part=part)

    def frame(self, data: Dataset, rows: np.ndarray) -> pd.DataFrame:
        """Return the features of a few rows (m,)."""
        return data.frame().iloc[rows].reset_index(drop=True)

    def fingerprint(self, data: Dataset) -> str:
        """Return the dataset's own fingerprint."""
        return data.fingerprint()


IN_PROCESS = InProcess()


def row_groups(trainer: ModelTrainer, data: Dataset) -> np.ndarray:
    """Return the groups (n,) of a trainer that accepts them: the row's address, or for a ranker the list it is ranked in."""
    return data.lists if getattr(trainer, "ranks", False) else data.groups


def check_backend(name: str, scheduler: str | None, trainer: ModelTrainer) -> None:
    """Check the choice of a backend, before the warehouse is opened.

    Raises:
        UsageError: there is no such backend, it lacks a scheduler's address or has no use for one, or it cannot fit the trainer.
    """
    if name not in BACKENDS:
        raise UsageError(f"There is no backend '{name}'{did_you_mean(name, BACKENDS)}; choose one of: {', '.join(BACKENDS)}.")
    if name == LOCAL:
        if scheduler is not None:
            raise UsageError("--scheduler is the address of a Dask scheduler; add --backend dask, or leave it out.")
        return
    if scheduler is None:
        raise UsageError("--backend dask needs the address of a scheduler: --scheduler tcp://HOST:8786.")
    if not fits_together(trainer):
        raise UsageError(
            f"The trainer '{name_of(type(trainer))}' fits in one process only; the workers of a cluster can fit xgboost and "
            "lightgbm together: choose one of these, or leave --backend dask out."
        )


@contextmanager
def open_backend(name: str, scheduler: str | None, client: Client) -> Iterator[Backend]:
    """Yield a backend that `check_backend` accepts.

    Raises:
        UsageError: workers cannot read this warehouse, or Dask is not installed.
        ClusterError: the scheduler cannot be reached, or has no workers.
    """
    if name == LOCAL or scheduler is None:
        yield IN_PROCESS
        return
    if is_embedded(client):
        raise UsageError(
            "The workers of a cluster cannot read an embedded warehouse, whose folder is open in one process at a time; use "
            "the target `server` (--target server), or leave --backend dask out."
        )
    from trainer.training.backend.cluster import open_cluster
    from trainer.training.backend.on_cluster import OnCluster

    with open_cluster(scheduler) as cluster:
        yield OnCluster(cluster)

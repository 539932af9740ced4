"""What runs on the workers of a cluster. Each reads its own slice of the table, through a connection of its own, and keeps it."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer import settings
from trainer.data import Slice, read_slice
from trainer.errors import ClusterError, TrainerError
from trainer.models import Member, ModelTrainer, Rows, Work, checked_predict, rows_at
from trainer.warehouse import connect

if TYPE_CHECKING:
    import pandas as pd

LIBRARIES = ("aml-trainer", "xgboost", "lightgbm", "numpy")
MEETING_SECONDS = 300  # that processes wait until all of them are there


@dataclass(frozen=True)
class Held:
    """The rows that a worker has read: X float32 (m, d), and the names of its columns."""

    X: np.ndarray = field(repr=False)
    names: list[str]

    def frame(self, rows: np.ndarray) -> pd.DataFrame:
        """Return the rows at these positions (k,)."""
        import pandas as pd

        return pd.DataFrame(rows_at(self.X, rows), columns=self.names, copy=False)


@dataclass(frozen=True)
class Labels:
    """Labels of some rows of a worker: their positions int64 (k,), y and weight float32 (k,); see `trainer.models.Rows`."""

    positions: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None

    def rows_of(self, held: Held) -> Rows:
        """Return the rows to fit, or to stop by; what they are grouped by was of use before."""
        return Rows(rows_at(held.X, self.positions), self.y, self.weight, self.positions)


def versions() -> dict[str, str]:
    """Return the versions of what has to be the same everywhere."""
    return {name: version(name) for name in LIBRARIES}


def read(one: Slice) -> Held:
    """Read a slice from the server that this worker's own profile and environment name.

    Raises:
        ClusterError: they name an embedded warehouse, or the warehouse cannot be read.
        NotBuiltError: the table does not have these rows.
    """
    try:
        target = settings.target()
        if target.path is not None:
            raise ClusterError(f"the target '{target.name}' there is an embedded warehouse; set TRAINER_TARGET=server")
        with connect() as client:
            return Held(read_slice(client, one), [feature.name for feature in one.features])
    except TrainerError as error:
        raise ClusterError(f"The worker {_address()} cannot read its slice: {str(error).rstrip('.')}.") from error


def fit(
    held: Held, trainer: Any, work: Work, member: Member, samples: list[np.ndarray], fitted: Labels, stop: Labels | None
) -> tuple[Any, int] | None:
    """Fit with the other workers; the first of them returns the model and its number of trees.

    Args:
        held: the rows of this worker.
        trainer, work, member: what to fit; see `trainer.models.boosting.together`.
        samples: features to make bins of, those of each worker's rows.
        fitted, stop: labels of the rows to fit, and to stop by.
    """
    rows, by = fitted.rows_of(held), None if stop is None else stop.rows_of(held)
    model, rounds = trainer.fit_member(member, work, rows, by, np.concatenate(samples) if samples else None)
    return (model, rounds) if member.rank == 0 else None


def predict(held: Held, fitted: ModelTrainer, positions: np.ndarray, part: str) -> np.ndarray:
    """Return the prediction float64 (k,) for the rows at these positions (k,)."""
    return checked_predict(fitted, held.frame(positions), None, part=part) if len(positions) else np.empty(0)


def values(held: Held, positions: np.ndarray) -> np.ndarray:
    """Return the features float32 (k, d) of the rows at these positions (k,)."""
    return rows_at(held.X, positions)


def hashes(held: Held) -> np.ndarray:
    """Return a hash uint64 (m,) of the features of each row."""
    import pandas as pd

    found = np.zeros(len(held.X), dtype=np.uint64)
    for column in held.X.T:
        found = found * np.uint64(1_000_003) + pd.util.hash_array(np.ascontiguousarray(column))
    return found


def threads() -> int:
    """Return how many threads this worker has."""
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def open_ports(count: int) -> list[int]:
    """Return free ports of this host, none twice."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def open_meeting(host: str, size: int) -> dict[str, Any]:
    """Start what makes so many processes find each other, on this worker; return what they need to join."""
    from xgboost.tracker import RabitTracker

    tracker = RabitTracker(size, host_ip=host, sortby="task", timeout=MEETING_SECONDS)
    tracker.start()
    threading.Thread(target=tracker.wait_for, daemon=True).start()  # the thread keeps it until the last has left
    return dict(tracker.worker_args())


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)

"""A Dask cluster: one task at a time on each worker, and what fails there as one sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from trainer.errors import ClusterError, TrainerError, UsageError, reason
from trainer.training.backend import worker

CONNECT_SECONDS = 5
POLL_SECONDS = 2  # how often a wait looks whether the workers are still there
NOT_INSTALLED = (
    "--backend dask needs Dask, which is not installed; run `pip install 'aml-trainer[dask]'` here and on the workers."
)


@dataclass
class Cluster:
    """The workers of a scheduler, in the order of their addresses."""

    client: Any
    workers: list[str]

    def start(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Start a task on each of the first workers, one for each of the arguments; return what stands for their results."""
        return [
            self.client.submit(function, *own, workers=[address], allow_other_workers=False, pure=False)
            for address, own in zip(self.workers, arguments, strict=False)
        ]

    def results(self, futures: Sequence[Any]) -> list[Any]:
        """Wait for tasks, and return their results.

        Raises:
            TrainerError: one raised it.
            ClusterError: one failed otherwise, or a worker has left.
        """
        self.wait(futures)
        results: list[Any] = self.client.gather(list(futures))
        return results

    def wait(self, futures: Sequence[Any]) -> None:
        """Wait for tasks, and leave their results with the workers; raises as `results` does."""
        from distributed import wait

        pending = set(futures)
        while pending:
            try:
                with self.client.as_current():
                    done, pending = wait(list(pending), timeout=POLL_SECONDS, return_when="FIRST_COMPLETED")
            except TimeoutError:
                self._require_workers()
                continue
            for future in done:
                if future.status != "finished":
                    self.client.cancel(list(pending))
                    raise self._failure(future)

    def call(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Run a function on each of the first workers, and return the results; raises as `results` does."""
        return self.results(self.start(function, arguments))

    def _require_workers(self) -> None:
        present = _addresses(self.client)
        if gone := [address for address in self.workers if address not in present]:
            raise ClusterError(f"The worker {gone[0]} has left the cluster; run the command again once its workers stay.")

    def _failure(self, future: Any) -> Exception:
        error = future.exception() if future.status == "error" else None
        if isinstance(error, TrainerError):
            return error
        what = f"{type(error).__name__}: {reason(error)}" if isinstance(error, Exception) else "its task was cancelled"
        failure = ClusterError(f"A worker of the cluster failed ({what}); its log has the rest.")
        failure.__cause__ = error
        return failure


@contextmanager
def open_cluster(scheduler: str) -> Iterator[Cluster]:
    """Yield the cluster of a scheduler, given by its address, such as tcp://host:8786.

    Raises:
        UsageError: Dask is not installed, or the address is not one.
        ClusterError: the scheduler cannot be reached, has no workers, or these have another version of the trainer.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(NOT_INSTALLED) from error
    # Dask would log the same failure that the error below reports.
    for name in ("distributed", "distributed.comm", "distributed.core", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (ValueError, TypeError) as error:
        raise UsageError(f"'{scheduler}' is not the address of a scheduler, such as tcp://host:8786: {reason(error)}.") from error
    except OSError as error:  # a TimeoutError is one
        raise ClusterError(f"The Dask scheduler at {scheduler} cannot be reached ({reason(error)}); is it up?") from error
    try:
        workers = sorted(_addresses(client))
        if not workers:
            raise ClusterError(f"The Dask scheduler at {scheduler} has no workers; start some: `dask worker {scheduler}`.")
        _require_same(client, workers)
        yield Cluster(client, workers)
    finally:
        client.close(timeout=CONNECT_SECONDS)


def _addresses(client: Any) -> set[str]:
    return set(client.scheduler_info(n_workers=-1)["workers"])


def _require_same(client: Any, workers: list[str]) -> None:
    """Check that the workers have this version of the trainer, and of what they fit with."""
    own = worker.versions()
    try:
        others = client.run(worker.versions, workers=workers)
    except Exception as error:  # whatever the import of the trainer there raises
        what, wanted = f"{type(error).__name__}: {reason(error)}", f"aml-trainer[dask]=={own['aml-trainer']}"
        raise ClusterError(f"The workers cannot run the trainer ({what}); install {wanted} there.") from error
    for address, versions in others.items():
        for name, version in versions.items():
            if version != own[name]:
                raise ClusterError(f"The worker {address} has {name} {version}, and here is {own[name]}; install the same there.")

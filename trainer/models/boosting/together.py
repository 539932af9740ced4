"""Boosted trees that several processes fit together, each to its own rows: they exchange sums by bin.

XGBoost's processes merge sketches of their rows into bins, and sum the metric of early stopping. LightGBM's would each make the
bins of some features from its own rows only, start from the mean of their log-odds, and stop by the metric of its own rows; here
all make all bins from one sample of all rows, start from the log-odds of all, and stop by the loss of all, as one process does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from trainer.models.base import ModelTrainer
from trainer.models.boosting.plan import CELLS_A_THREAD, THREAD_NAMES, Plan, fit_boosted
from trainer.models.rows import Rows, training_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

LIGHTGBM_MINUTES = 5  # that a process waits for the others


@dataclass(frozen=True)
class Member:
    """One of the processes that fit a model together.

    Attributes:
        rank, size: its number, and how many they are.
        meeting: how XGBoost's processes find each other: arguments of `xgboost.collective.CommunicatorContext`.
        machines: how LightGBM's do: host and port of each.
        threads: how many the process may use.
    """

    rank: int
    size: int
    meeting: dict[str, Any]
    machines: list[tuple[str, int]]
    threads: int


@dataclass(frozen=True)
class Work:
    """What to fit: so many trees (`rounds`), or by early stopping if that is None; `mean` is that of all labels to fit."""

    plan: Plan
    parameters: dict[str, Any]
    rounds: int | None
    mean: float


class Boosted(Protocol):
    """A trainer whose model processes can fit together."""

    seed: int
    model: Any
    n_features: int | None

    def plan(self) -> Plan:
        """Return the parameters and the number of trees."""

    def parameters(self, plan: Plan, y: np.ndarray) -> dict[str, Any]:
        """Return the library's parameters for labels (n,)."""

    def rows_to_bin(self, parameters: dict[str, Any]) -> int:
        """Return of how many rows, at most, all processes need the features to make bins of; 0 for none."""

    def fit_member(
        self, member: Member, work: Work, fitted: Rows, held: Rows | None, sample: np.ndarray | None
    ) -> tuple[Any, int]:
        """Fit as one of several processes, to rows of its own; return the model of all, and its number of trees.

        Args:
            member, work: which of the processes it is, and what they fit.
            fitted, held: its rows to fit, and to stop by.
            sample: (s, d), the same in all processes, to make bins of; None where `rows_to_bin` is 0.
        """


# (work, rows to fit, rows held out), X being the number of each row -> the model of all processes, and its number of trees.
Together = Callable[[Work, Rows, Rows | None], tuple[Any, int]]


def fits_together(trainer: ModelTrainer) -> bool:
    """Return whether processes can fit a trainer's model together; a subclass with a `train` of its own fits in one."""
    kinds = type(trainer).__mro__
    trains = next(kind for kind in kinds if "train" in vars(kind))
    together = next((kind for kind in kinds if "fit_member" in vars(kind)), None)
    return together is not None and issubclass(together, trains)


def fit_together(
    template: Any, numbers: np.ndarray, y: np.ndarray, weight: np.ndarray, groups: np.ndarray, columns: int, together: Together
) -> Any:
    """Return a trained copy of a trainer that `fits_together`: what `train` does, but others have the features.

    Args:
        template: an untrained trainer; it is left as it is.
        numbers: int64 (n,), which rows.
        y, weight, groups: (n,) each, as for `train`.
        columns: how many features there are.
        together: fits.

    Raises:
        UsageError, NotEnoughLabelsError: as `trainer.models.training_rows`.
    """
    import pandas as pd

    trainer: Boosted = copy.deepcopy(template, {id(template.progress): None})
    counted = np.flatnonzero(weight)
    bare = training_rows(pd.DataFrame(index=range(len(counted))), y[counted], weight[counted], groups[counted])
    rows = replace(bare, X=numbers[counted].reshape(-1, 1))
    plan = trainer.plan()
    parameters = trainer.parameters(plan, rows.y)

    def fixed(part: Rows, rounds: int) -> Any:
        return together(Work(plan, parameters, rounds, _mean(part)), part, None)[0]

    def stopped(fitted: Rows, held: Rows) -> tuple[Any, int]:
        return together(Work(plan, parameters, None, _mean(fitted)), fitted, held)

    trainer.model = fit_boosted(rows, plan, trainer.seed, fixed, stopped)
    trainer.n_features = columns
    return trainer


def member_threads(parameters: dict[str, Any], library: str, member: Member, rows: Rows) -> dict[str, Any]:
    """Return the parameters with the number of threads that suits a process's rows, at most its own, unless they have one."""
    if not parameters.keys().isdisjoint(THREAD_NAMES):
        return parameters
    return parameters | {"nthread": max(1, min(member.threads, rows.X.size // CELLS_A_THREAD[library]))}


@contextmanager
def meeting(member: Member) -> Iterator[None]:
    """Join the other processes while the block runs."""
    from xgboost.collective import CommunicatorContext

    with CommunicatorContext(**member.meeting):
        yield


def network_parameters(member: Member) -> dict[str, Any]:
    """Return the parameters with which LightGBM finds the other processes; none for one alone."""
    if member.size == 1:
        return {}
    return {
        "machines": ",".join(f"{host}:{port}" for host, port in member.machines),
        "local_listen_port": member.machines[member.rank][1],
        "num_machines": member.size,
        "time_out": LIGHTGBM_MINUTES,
        "pre_partition": True,
    }


def summed_loss(predicted: np.ndarray, data: Any) -> tuple[str, float, bool]:
    """Return the logistic loss over the held-out rows of all processes, as `feval` of `lightgbm.train` has it.

    LightGBM's own metrics are of one process's rows: each would stop at another tree, and then wait for the others.
    """
    from xgboost import collective

    y, weight = np.asarray(data.get_label(), dtype=np.float64), data.get_weight()
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
    proba = np.clip(predicted, 1e-15, 1 - 1e-15)
    losses = -(y * np.log(proba) + (1 - y) * np.log1p(-proba))
    loss, total = collective.allreduce(np.array([losses @ weight, weight.sum()]), collective.Op.SUM)
    return "log_loss", float(loss / total), False


def _mean(rows: Rows) -> float:
    return float(np.average(rows.y.astype(np.float64), weights=rows.weights))

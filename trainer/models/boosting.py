"""What the boosted trees have in common: presets, how many trees, and when held-out rows say to stop."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainer.errors import UsageError
from trainer.models.rows import Rows, held_out

if TYPE_CHECKING:
    import numpy as np

MAX_ROUNDS = 3000  # trees, at most, where held-out rows decide
PATIENCE = 50  # rounds without a better loss on the held-out rows
# Fewer than this says more of the few addresses that were held out than of the data: on simulated networks of some 300
# labelled addresses the log loss of a fifth of them turned after 20 to 160 trees, and ranking went on improving.
MIN_ROUNDS = 100
UNGUIDED_ROUNDS = 200  # trees, where there are too few addresses to hold any back
PARTS = 5  # one of so many parts of the addresses is held out
# Up to here the model is fitted again to all rows once the number of trees is known: labels are scarce and a fit takes
# seconds. Above, a fifth more rows adds next to nothing and would double the time.
REFIT_UP_TO = 50_000
ROUND_NAMES = ("n_estimators", "num_boost_round", "num_iterations")
# Cells of the matrix for each thread: on fewer, threads wait for each other longer than they work. 100 trees on 10,000 × 40 took
# LightGBM 0.39 s with one thread and 1.26 s with two (XGBoost 0.53 and 0.58), on 50,000 × 100 2.72 and 2.43 (3.83 and 2.23).
CELLS_A_THREAD = {"xgboost": 400_000, "lightgbm": 2_500_000}
THREAD_NAMES = ("nthread", "nthreads", "num_thread", "num_threads", "n_jobs")


@dataclass(frozen=True)
class Plan:
    """A library's parameters, and how many trees: exactly `rounds`, or as held-out rows say where that is None."""

    parameters: dict[str, Any]
    rounds: int | None
    patience: int


# (rows to fit, rows held out) -> the model, cut where the loss on the second was least, and its number of trees.
EarlyStopped = Callable[[Rows, Rows], tuple[Any, int]]
# (rows, number of trees) -> the model.
Fixed = Callable[[Rows, int], Any]


def check_preset(name: str, presets: Iterable[str]) -> str:
    """Return the name of a preset, or say which there are."""
    if name not in presets:
        raise UsageError(f"There is no preset '{name}'; there are: {', '.join(presets)}.")
    return name


def plan_of(preset: dict[str, Any], hyperparameters: dict[str, Any]) -> Plan:
    """Return the preset with the hyperparameters over it.

    A number of trees that is given (`n_estimators`, or what the library calls it) is kept to: nothing is held out.

    Raises:
        UsageError: the number of trees or rounds of patience is no whole number above 0.
    """
    parameters = preset | hyperparameters
    rounds = None
    for name in ROUND_NAMES:
        given = parameters.pop(name, None)
        rounds = rounds if given is None or (name in preset and rounds is not None) else _whole(name, given)
    patience = _whole("early_stopping_rounds", parameters.pop("early_stopping_rounds", PATIENCE))
    return Plan(parameters, rounds, patience)


def with_threads(parameters: dict[str, Any], library: str, matrix: np.ndarray) -> dict[str, Any]:
    """Return the parameters with as many threads as the matrix is worth, where that is fewer than there are cores.

    A number that is given, by parameter or by OMP_NUM_THREADS, is kept to.
    """
    threads = max(1, matrix.size // CELLS_A_THREAD[library])
    if threads >= (os.cpu_count() or 1) or "OMP_NUM_THREADS" in os.environ or not parameters.keys().isdisjoint(THREAD_NAMES):
        return parameters
    return parameters | {"nthread": threads}


def fit_boosted(rows: Rows, plan: Plan, seed: int, fixed: Fixed, stopped: EarlyStopped) -> Any:
    """Return the model: of as many trees as the plan says, or as do best on addresses held out of the rows."""
    if plan.rounds is not None:
        return fixed(rows, plan.rounds)
    divided = held_out(rows, PARTS, seed)
    if divided is None:
        return fixed(rows, UNGUIDED_ROUNDS)
    model, rounds = stopped(*(rows.at(numbers) for numbers in divided))
    if len(rows) > REFIT_UP_TO:
        return model
    return fixed(rows, max(MIN_ROUNDS, round(rounds * PARTS / (PARTS - 1))))  # more rows bear more trees


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 1:
        raise UsageError(f"{name} must be a whole number above 0, not {value!r}.")
    return int(value)

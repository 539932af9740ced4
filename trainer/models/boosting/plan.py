"""What the boosted trees have in common: presets, how many trees, and when held-out rows say to stop."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import ArtifactError, UsageError
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
ROUND_NAMES = ("n_estimators", "num_iterations")
PATIENCE_NAMES = ("early_stopping_rounds", "early_stopping_round")
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
    """Return the preset with the hyperparameters over it; both call a parameter by one name (`by_one_name`).

    A number of trees that is given is kept to: nothing is held out.

    Raises:
        UsageError: the number of trees or rounds of patience is no whole number above 0.
    """
    parameters = preset | hyperparameters
    rounds, patience = (
        next((whole(name, parameters.pop(name)) for name in names if parameters.get(name) is not None), None)
        for names in (ROUND_NAMES, PATIENCE_NAMES)
    )
    others = {name: value for name, value in parameters.items() if name not in ROUND_NAMES + PATIENCE_NAMES}
    return Plan(others, rounds, patience or PATIENCE)


def by_one_name(parameters: dict[str, Any], aliases: dict[str, str]) -> dict[str, Any]:
    """Return the parameters under the library's first name for each, so that one that is given goes over a preset's.

    Raises:
        UsageError: one is given under two names, or is the seed, which has its own option.
    """
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        first = aliases.get(name, name)
        if first in found:
            raise UsageError(f"'{name}' is given under two names; it is the same as '{first}'.")
        if first == "seed":
            raise UsageError(f"'{name}' is no parameter here: the seed is an option of its own (--seed).")
        found[first] = value
    return found


def require_objective(parameters: dict[str, Any], allowed: tuple[str, ...]) -> None:
    """Let pass parameters whose objective makes probabilities.

    Raises:
        UsageError: it does not.
    """
    if (objective := parameters.get("objective", allowed[0])) not in allowed:
        raise UsageError(f"The objective '{objective}' does not make probabilities; those that do: {', '.join(allowed)}.")


def with_threads(parameters: dict[str, Any], library: str, matrix: np.ndarray) -> dict[str, Any]:
    """Return the parameters with as many threads as the matrix (n, d) is worth, where that is fewer than there are cores.

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


def write_checked(raw: bytes, path: str, check: Callable[[bytes, str], Any]) -> None:
    """Write a model's file, once what checks it before it is read (bytes, name -> anything) has let it pass.

    Raises:
        UsageError: its parameters grew trees that could not be loaded again.
    """
    try:
        check(raw, "what these parameters grow")
    except ArtifactError as error:
        raise UsageError(f"A model of these parameters could not be loaded again: {error}") from error
    Path(path).write_bytes(raw)


def whole(name: str, value: Any) -> int:
    """Return a whole number above 0.

    Raises:
        UsageError: the value is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer() or value < 1:
        raise UsageError(f"{name} must be a whole number above 0, not {value!r}.")
    return int(value)

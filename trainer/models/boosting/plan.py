"""What the boosted trees have in common: presets, early stopping on held-out addresses, threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.errors import UsageError, did_you_mean
from trainer.models.rows import Rows
from trainer.models.splitting import hold_out

MAX_ROUNDS = 3000  # most trees with early stopping
PATIENCE = 50  # rounds without a lower loss on the hold-out after which training stops
# A smaller number of trees depends more on the few addresses held out than on the data: on simulated networks of some 300
# labelled addresses the log loss of a fifth of them was lowest after 20 to 160 trees, and ranking went on improving.
MIN_ROUNDS = 100
UNGUIDED_ROUNDS = 200  # trees, if there are too few addresses to hold any out
PARTS = 5  # one of so many parts of the addresses is held out
MIN_SIDE = 10  # addresses of each class in the hold-out and outside of it; with fewer, early stopping is noise
# Up to so many rows the model is fitted again to all of them once the number of trees is known: labels are scarce and a fit
# takes seconds. Above, a fifth more rows adds next to nothing and would double the time.
REFIT_UP_TO = 50_000
ROUND_NAMES = ("n_estimators", "num_iterations")
PATIENCE_NAMES = ("early_stopping_rounds", "early_stopping_round")
# Cells of the matrix per thread: with fewer, threads wait for each other longer than they work. 100 trees on 10,000 × 40 took
# LightGBM 0.39 s with one thread and 1.26 s with two (XGBoost 0.53 and 0.58), on 50,000 × 100 2.72 and 2.43 (3.83 and 2.23).
CELLS_A_THREAD = {"xgboost": 400_000, "lightgbm": 2_500_000}
THREAD_NAMES = ("nthread", "nthreads", "num_thread", "num_threads", "n_jobs")


@dataclass(frozen=True)
class Plan:
    """A library's parameters and its number of trees: exactly `rounds`, or by early stopping if that is None."""

    parameters: dict[str, Any]
    rounds: int | None
    patience: int


# (rows to fit, rows held out) -> the model, cut at the lowest loss on the hold-out, and its number of trees.
EarlyStopped = Callable[[Rows, Rows], tuple[Any, int]]
# (rows, number of trees) -> the model.
Fixed = Callable[[Rows, int], Any]


def check_preset(name: str, presets: Iterable[str]) -> str:
    """Return `name` if it is one of `presets`, else raise UsageError."""
    if name not in presets:
        raise UsageError(f"There is no preset '{name}'{did_you_mean(str(name), presets)}; choose one of: {', '.join(presets)}.")
    return name


def plan_of(preset: dict[str, Any], hyperparameters: dict[str, Any]) -> Plan:
    """Return the preset's parameters, overridden by the hyperparameters; both under first names (`by_first_name`).

    With a given number of trees there is no early stopping, and nothing is held out.

    Raises:
        UsageError: the number of trees, or of rounds of patience, is not a whole number above 0.
    """
    parameters = preset | hyperparameters
    rounds, patience = (
        next((whole(name, parameters.pop(name)) for name in names if parameters.get(name) is not None), None)
        for names in (ROUND_NAMES, PATIENCE_NAMES)
    )
    others = {name: value for name, value in parameters.items() if name not in ROUND_NAMES + PATIENCE_NAMES}
    return Plan(others, rounds, patience or PATIENCE)


def by_first_name(parameters: dict[str, Any], aliases: dict[str, str]) -> dict[str, Any]:
    """Return the parameters under the library's first name for each, so that a given one overrides a preset's alias of it.

    Args:
        parameters: by first name or alias.
        aliases: alias -> first name.

    Raises:
        UsageError: one is given under two names, or is the seed, which is an option of the trainer.
    """
    renamed: dict[str, Any] = {}
    for name, value in parameters.items():
        first = aliases.get(name, name)
        if first in renamed:
            raise UsageError(f"'{name}' is given under two names; it is the same as '{first}'.")
        if first == "seed":
            raise UsageError(f"'{name}' cannot be set as a parameter; use the option seed (--seed).")
        renamed[first] = value
    return renamed


def require_objective(parameters: dict[str, Any], allowed: tuple[str, ...]) -> None:
    """Raise UsageError unless the objective yields probabilities.

    Args:
        parameters: under their first names.
        allowed: the objectives that do, the default first.
    """
    if (objective := parameters.get("objective", allowed[0])) not in allowed:
        shown = f"'{objective}'{did_you_mean(str(objective), allowed)}"
        raise UsageError(f"The objective {shown} does not yield probabilities; choose one of: {', '.join(allowed)}.")


def with_threads(parameters: dict[str, Any], library: str, matrix: np.ndarray) -> dict[str, Any]:
    """Return the parameters with the number of threads that suits the matrix (n, d), if that is below the number of cores.

    A number given as a parameter or in OMP_NUM_THREADS is left alone.
    """
    threads = max(1, matrix.size // CELLS_A_THREAD[library])
    if threads >= (os.cpu_count() or 1) or "OMP_NUM_THREADS" in os.environ or not parameters.keys().isdisjoint(THREAD_NAMES):
        return parameters
    return parameters | {"nthread": threads}


def fit_boosted(rows: Rows, plan: Plan, seed: int, fixed: Fixed, stopped: EarlyStopped) -> Any:
    """Return the model, with the plan's number of trees or with early stopping on held-out addresses.

    Args:
        rows: all rows to train on.
        plan: parameters and number of trees.
        seed: of the hold-out.
        fixed: fits a given number of trees.
        stopped: fits with early stopping.
    """
    if plan.rounds is not None:
        return fixed(rows, plan.rounds)
    held = hold_out(rows.y, rows.groups, np.random.default_rng(seed), share=1 / PARTS, min_addresses=MIN_SIDE)
    if not held.any():
        return fixed(rows, UNGUIDED_ROUNDS)
    model, rounds = stopped(rows.at(np.flatnonzero(~held)), rows.at(np.flatnonzero(held)))
    if len(rows) > REFIT_UP_TO:
        return model
    return fixed(rows, max(MIN_ROUNDS, round(rounds * PARTS / (PARTS - 1))))  # more rows bear more trees


def whole(name: str, value: Any) -> int:
    """Return `value` as an int above 0; `name` is what an error calls it.

    Raises:
        UsageError: it is not a whole number above 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer() or value < 1:
        raise UsageError(f"{name} must be a whole number above 0, not {value!r}.")
    return int(value)

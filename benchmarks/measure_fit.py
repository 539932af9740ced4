"""Measures the time that a trainer adds to the bare library call on the same matrix and parameters.

python benchmarks/measure_fit.py --rows 200000 --columns 100

Both are timed in turn in one run, and the minimum of each counts. The bare call gets its matrices ready-made, with early stopping
already split, so that checking, splitting and copying rows count as the trainer's. A larger --learning-rate stops earlier, which
raises the trainer's share.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from trainer.models import Rows, fit_trainer, hold_out, trainer_class, training_rows
from trainer.models.boosting.plan import MAX_ROUNDS, MIN_SIDE, PARTS, PATIENCE, REFIT_UP_TO


def main(
    rows: Annotated[int, typer.Option(min=1000)] = 200_000,
    columns: Annotated[int, typer.Option(min=1)] = 100,
    turns: int = 3,
    model: Annotated[list[str] | None, typer.Option()] = None,
    preset: Annotated[list[str] | None, typer.Option()] = None,
    learning_rate: float | None = None,
) -> None:
    """Print the seconds of both and their ratio for each trainer and preset."""
    X, y, weight, groups = make_rows(rows, columns)
    frame = pd.DataFrame(X, columns=[f"f{number}" for number in range(columns)], copy=False)
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; {rows} × {columns}, float32")
    for name in model or ["xgboost", "lightgbm"]:
        for variant in preset or ["guide", "default"]:
            own = {} if learning_rate is None else {"learning_rate": learning_rate}
            template = trainer_class(name)(own, preset=variant)  # type: ignore[call-arg]
            given = training_rows(frame, y, weight, groups)
            bare = BARE[name](template, given)
            ours, theirs = [], []
            for _ in range(turns):
                theirs.append(seconds(bare))
                ours.append(seconds(lambda: fit_trainer(template, frame, y, weight, groups)))  # noqa: B023  called immediately
            for what, mine, yours in zip(
                ("clock", "processors"), zip(*ours, strict=True), zip(*theirs, strict=True), strict=True
            ):
                least = f"ours {min(mine):7.2f} s  bare {min(yours):7.2f} s  ratio {min(mine) / min(yours):.3f}"
                print(f"{name:<9} {variant:<8} {what:<10} {least}", flush=True)


def make_rows(n: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return X float32 (n, d) column by column as the warehouse gives it, y, weight (n,) and groups of two rows."""
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.normal(size=(n, d)).astype(np.float32))
    score = X[:, 0] + X[:, 1] * X[:, 2] + 0.5 * np.abs(X[:, 3]) + rng.normal(size=n)
    return X, (score > 1).astype(np.float32), rng.uniform(0.5, 1, n).astype(np.float32), np.arange(n) // 2


def seconds(call: Callable[[], Any]) -> tuple[float, float]:
    """Return wall-clock and CPU seconds of a call; other processes do not change the second."""
    clock, processors = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - clock, time.process_time() - processors


def divided(given: Rows, seed: int) -> tuple[Rows, Rows]:
    """Return the rows that the trainer fits and holds out."""
    if len(given) <= REFIT_UP_TO:
        raise typer.BadParameter(f"up to {REFIT_UP_TO} rows the trainer fits twice; measure above")
    held = hold_out(given.y, given.groups, np.random.default_rng(seed), share=1 / PARTS, min_addresses=MIN_SIDE)
    assert held.any()  # noqa: S101  there are enough addresses
    return given.at(np.flatnonzero(~held)), given.at(np.flatnonzero(held))


def bare_xgboost(trainer: Any, given: Rows) -> Callable[[], Any]:
    """Return the bare call of XGBoost."""
    import xgboost

    plan = trainer.plan()
    parameters = plan.parameters | {"seed": trainer.seed}
    if rounds := plan.rounds:
        return lambda: xgboost.train(parameters, xgboost.QuantileDMatrix(given.X, given.y, weight=given.weight), rounds)
    fitted, held = divided(given, trainer.seed)

    def stopped() -> Any:
        data = xgboost.QuantileDMatrix(fitted.X, fitted.y, weight=fitted.weight)
        evals = [(xgboost.QuantileDMatrix(held.X, held.y, weight=held.weight, ref=data), "held_out")]
        return xgboost.train(parameters, data, MAX_ROUNDS, evals=evals, early_stopping_rounds=PATIENCE, verbose_eval=False)

    return stopped


def bare_lightgbm(trainer: Any, given: Rows) -> Callable[[], Any]:
    """Return the bare call of LightGBM."""
    import lightgbm

    plan = trainer.plan()
    parameters = trainer.parameters(plan, given.y)
    if plan.rounds is not None:
        return lambda: lightgbm.train(parameters, lightgbm.Dataset(given.X, given.y, weight=given.weight), plan.rounds)
    fitted, held = divided(given, trainer.seed)

    def stopped() -> Any:
        data = lightgbm.Dataset(fitted.X, fitted.y, weight=fitted.weight)
        valid = data.create_valid(held.X, held.y, weight=held.weight)
        callbacks = [lightgbm.early_stopping(PATIENCE, verbose=False)]
        return lightgbm.train(parameters, data, MAX_ROUNDS, valid_sets=[valid], callbacks=callbacks)

    return stopped


BARE = {"xgboost": bare_xgboost, "lightgbm": bare_lightgbm}

if __name__ == "__main__":
    typer.run(main)

"""The command that searches for better hyperparameters: tune."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainer.cli import options as o
from trainer.cli.bars import keeping, progress
from trainer.cli.classes import parameters_of, strategy_of, trainer_class_of, trainer_of
from trainer.cli.model import training_of
from trainer.cli.output import emit, say_left_out
from trainer.cli.terminal import width_of
from trainer.errors import UsageError
from trainer.model_types import MODEL_TYPES, get_model_type

if TYPE_CHECKING:
    from trainer.evaluation import Estimate
    from trainer.training import TuningResult

Space = Annotated[
    Path | None, typer.Option(help="JSON file with a search space, instead of the trainer's own.", show_default=False)
]
Metric = Annotated[str, typer.Option(help="What is optimised, before calibration: log_loss or average_precision.")]
Pruner = Annotated[str, typer.Option(help="What stops a poor trial after a fold: median, hyperband or none.")]
Trials = Annotated[int, typer.Option(min=1, help="Number of trials in total, including those of an earlier run.")]
Timeout = Annotated[float | None, typer.Option(min=0, help="Seconds after which no new trial starts.", show_default=False)]
InnerFolds = Annotated[int, typer.Option(min=2, max=50, help="Folds of the training rows that trials are scored on.")]
Study = Annotated[
    Path | None, typer.Option(help="SQLite file to keep or continue [default: among the artifacts].", show_default=False)
]
Out = Annotated[Path | None, typer.Option(help="Write the best parameters to this file, for fit --params.", show_default=False)]
SIDE_BY_SIDE = 72  # columns that two intervals and their name need


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(tune)


def tune(
    model: o.Model = "xgboost",
    label_strategy: o.Strategy = "address_labels",
    model_type: o.ModelType = "alert_scorer",
    network: o.Networks = None,
    all_networks: o.AllNetworks = False,
    start_date: o.Day = None,
    end_date: o.Day = None,
    window_days: o.Window = None,
    accept_column: o.AcceptColumn = None,
    param: o.Param = None,
    space: Space = None,
    metric: Metric = "log_loss",
    pruner: Pruner = "median",
    trials: Trials = 50,
    timeout: Timeout = None,
    seed: o.Seed = 0,
    folds: o.Folds = 5,
    inner_folds: InnerFolds = 5,
    embargo_days: o.EmbargoDays = 30,
    min_labelled: o.MinLabelled = 50,
    min_positive: o.MinPositive = 10,
    study: Study = None,
    out: Out = None,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """Search for better hyperparameters, and evaluate them on rows that the search has not seen.

    The same command continues an interrupted search. --param is fixed in every trial.
    """
    from trainer.training import checked_metric

    search = _search_options(model, model_type, param, space, pruner, inner_folds, seed) | {"embargo_days": embargo_days}
    search |= {"metric": checked_metric(metric), "trials": trials, "timeout": timeout, "study": study, "folds": folds}
    data = _data_options(label_strategy, accept_column, all_networks, min_labelled, min_positive)
    result = _search(target, (model_type, network, start_date, end_date, window_days), data, search)
    if out is not None:
        _write(out, result)
    emit(result.as_dict(), json, _lines(result, out))


def _data_options(
    strategy: str, accept_column: list[str] | None, all_networks: bool, min_labelled: int, min_positive: int
) -> dict[str, Any]:
    """Return the options of `training_of` that say which rows and features are read."""
    options: dict[str, Any] = {"label_strategy": strategy_of(strategy), "accept_columns": accept_column or ()}
    return options | {"all_networks": all_networks, "min_labelled": min_labelled, "min_positive": min_positive}


def _search_options(
    model: str, model_type: str, param: list[str] | None, space: Path | None, pruner: str, inner_folds: int, seed: int
) -> dict[str, Any]:
    """Return the options of `Tuning` that say what is searched; all of them are checked before any data is read."""
    from trainer.training import checked_trainer, lowest, make_pruner, read_object, read_space

    if not get_model_type(model_type).calibrates:
        tunable = ", ".join(one.name for one in MODEL_TYPES.values() if one.calibrates)
        raise UsageError(f"A search optimises probabilities, which an {model_type} does not yield; tune one of: {tunable}.")
    fixed = parameters_of(model, None, param)
    declared = read_object(space) if space is not None else trainer_class_of(model).search_space
    make_pruner(pruner, inner_folds)  # raises for an unknown name
    searched = read_space(declared, str(space or model), fixed)
    checked_trainer(trainer_of(model, fixed | lowest(searched), seed), model_type, seed)
    return {
        "build": lambda values: trainer_of(model, values, seed),
        "space": searched,
        "fixed": fixed,
        "pruner": pruner,
        "inner_folds": inner_folds,
        "seed": seed,
    }


def _search(target: str | None, rows: tuple[Any, ...], data: dict[str, Any], search: dict[str, Any]) -> TuningResult:
    """Read the rows with the options `data` of ModelTraining, and search with the options `search` of Tuning."""
    from trainer.training import Tuning
    from trainer.warehouse import connect

    again = "the same command continues the search"
    with progress() as bars, keeping(bars, "trials", "trial", again) as update, connect(target) as client:
        labelled, gold = training_of(client, *rows, **data, progress=update).read()
        say_left_out(labelled.left_out)
        return Tuning(data=labelled, gold=gold, progress=update, **search).run()


def _write(out: Path, result: TuningResult) -> None:
    from trainer.training import write_parameters

    write_parameters(out, result)


def _lines(result: TuningResult, out: Path | None) -> list[str]:
    inner = result.inner
    lines = [
        f"{result.model}: {result.n_complete} trials, {result.n_pruned} more pruned, on {result.n_train} rows",
        f"  {result.metric} there: {inner['defaults']:.4f} with the defaults"
        + ("" if inner["best"] is None else f", {inner['best']:.4f} with the best (which was chosen by it: optimistic)"),
        f"  held out: {result.n_held_out} gold rows of {result.n_held_out_addresses} addresses that no trial used",
        *_held_out_lines(result),
    ]
    lines.append(f"  parameters: {_shown(result.parameters)}")
    if not result.beat_defaults:
        lines.append("  no trial beat the defaults, so these are the defaults")
    elif _is_worse(result):
        lines.append("  on the held-out rows they are worse than the defaults; use the defaults")
    if result.graded_before:
        times = f"{result.graded_before} time{'s' if result.graded_before > 1 else ''}"
        lines.append(f"  this study was evaluated on these rows {times} before; do not choose by their metrics")
    return [*lines, f"  study in {result.study}", *([] if out is None else [f"  parameters in {out}; use: fit --params {out}"])]


def _held_out_lines(result: TuningResult) -> list[str]:
    """Return the metrics with the defaults and tuned, side by side where the terminal has the width."""
    pairs = [
        (name, _interval(one), _interval(result.held_out["best"][name])) for name, one in result.held_out["defaults"].items()
    ]
    if (width_of(sys.stdout) or SIDE_BY_SIDE) < SIDE_BY_SIDE:
        return [line for name, one, other in pairs for line in (f"  {name}", f"    defaults  {one}", f"    tuned     {other}")]
    return [f"  {'':<18} {'defaults':<24} tuned", *(f"  {name:<18} {one}  {other}" for name, one, other in pairs)]


def _is_worse(result: TuningResult) -> bool:
    from trainer.training import METRICS

    tuned, defaults = (result.held_out[which][result.metric]["value"] for which in ("best", "defaults"))
    return bool(tuned < defaults if METRICS[result.metric] else tuned > defaults)


def _interval(values: Estimate) -> str:
    return f"{values['value']:.4f} [{values['low']:.4f}, {values['high']:.4f}]"


def _shown(parameters: dict[str, Any]) -> str:
    return (
        " ".join(f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}" for name, value in parameters.items())
        or "none"
    )

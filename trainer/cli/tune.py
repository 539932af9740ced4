"""The command that searches for better hyperparameters: tune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainer.cli.model import ModelType, Param, parameters_of, strategy_of, trainer_class_of, trainer_of
from trainer.cli.output import Day, Json, Network, Target, Window, day_of, emit, progress, say
from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.training import Tuning, TuningResult


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(tune)


def tune(
    model: Annotated[str, typer.Option(help="Registered trainer, or package.module:Class of your own.")] = "xgboost",
    label_strategy: Annotated[
        str, typer.Option(help="One that dbt computes, or package.module:Class of your own.")
    ] = "address_labels",
    model_type: ModelType = "alert_scorer",
    network: Network = None,
    start_date: Day = None,
    end_date: Day = None,
    window_days: Window = None,
    param: Param = None,
    space: Annotated[
        Path | None, typer.Option(help="JSON of a search space, instead of the trainer's own.", show_default=False)
    ] = None,
    metric: Annotated[
        str, typer.Option(help="What is optimised, before calibration: log_loss or average_precision.")
    ] = "log_loss",
    pruner: Annotated[str, typer.Option(help="What ends a poor trial after a fold: median, hyperband or none.")] = "median",
    trials: Annotated[int, typer.Option(min=1, help="In total, those of an earlier run included.")] = 50,
    timeout: Annotated[
        float | None, typer.Option(min=0, help="Seconds after which no trial is begun.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="One seed, one result.")] = 0,
    folds: Annotated[int, typer.Option(min=2, max=50, help="Parts of the split, one of which no trial sees.")] = 5,
    inner_folds: Annotated[int, typer.Option(min=2, max=50, help="Parts of the rest that trials are scored on.")] = 5,
    embargo_days: Annotated[int, typer.Option(min=0, help="Days between training and test dates.")] = 30,
    min_labelled: Annotated[int, typer.Option(min=2, help="Refuse to tune on fewer labelled rows.")] = 50,
    min_positive: Annotated[int, typer.Option(min=1, help="Refuse to tune on fewer positive rows.")] = 10,
    study: Annotated[
        Path | None, typer.Option(help="SQLite file to keep or continue [default: among the artifacts].", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the best parameters here, for fit --params.", show_default=False)
    ] = None,
    json: Json = False,
    target: Target = None,
) -> None:
    """Search for better hyperparameters, and grade them on rows that the search has not seen.

    The same command continues a search that was interrupted. --param is fixed in every trial.
    """
    from trainer.data import ALERT_RANKER, resolve_selection
    from trainer.training import ModelTraining, Tuning, make_pruner, read_object, read_space, write_parameters
    from trainer.warehouse import connect

    if model_type == ALERT_RANKER:
        raise UsageError("A search is judged by probabilities, which an alert_ranker does not make; tune an alert_scorer.")
    fixed = parameters_of(model, None, param)
    found = read_object(space) if space is not None else trainer_class_of(model).search_space
    dimensions = read_space(found, str(space or model), fixed)
    make_pruner(pruner, inner_folds)  # a wrong name is told before the data is read
    with progress() as update, connect(target) as client:
        rows = resolve_selection(client, model_type, network, day_of(start_date), day_of(end_date), window_days)
        data, gold = ModelTraining(
            network=rows.network,
            start_date=rows.start_date,
            end_date=rows.end_date,
            client=client,
            model_type=model_type,
            window_days=rows.window_days,
            label_strategy=strategy_of(label_strategy),
            min_labelled=min_labelled,
            min_positive=min_positive,
        ).read()
        tuning = Tuning(
            data=data,
            gold=gold,
            build=lambda values: trainer_of(model, values, seed),
            space=dimensions,
            fixed=fixed,
            metric=metric,
            pruner=pruner,
            trials=trials,
            timeout=timeout,
            seed=seed,
            folds=folds,
            inner_folds=inner_folds,
            embargo_days=embargo_days,
            study=study,
            progress=update,
        )
        result = _run(tuning)
    if out is not None:
        write_parameters(out, result)
    emit(result.as_dict(), json, _lines(result, out))


def _run(tuning: Tuning) -> TuningResult:
    try:
        return tuning.run()
    except KeyboardInterrupt:
        say("The trials that were finished are kept in the study; the same command continues it.")
        raise


def _lines(result: TuningResult, out: Path | None) -> list[str]:
    inner = result.inner
    lines = [
        f"{result.model}: {result.n_complete} trials, {result.n_pruned} more pruned, on {result.n_train} rows",
        f"  {result.metric} there: {inner['defaults']:.4f} with the defaults"
        + ("" if inner["best"] is None else f", {inner['best']:.4f} with the best (chosen by it, so too good)"),
        f"  held out: {result.n_held_out} gold rows of {result.n_held_out_addresses} addresses that no trial saw",
        f"  {'':<18} {'defaults':<24} tuned",
    ]
    for name, found in result.held_out["defaults"].items():
        lines.append(f"  {name:<18} {_interval(found)}  {_interval(result.held_out['best'][name])}")
    lines.append(f"  parameters: {_shown(result.parameters)}")
    if not result.beat_defaults:
        lines.append("  no trial beat the defaults, so the parameters are theirs")
    elif _is_worse(result):
        lines.append("  on the rows held out they do no better than the defaults, which are the better choice")
    if result.graded_before:
        lines.append(f"  this study was graded on these rows {result.graded_before} times before; do not choose by their figures")
    return [*lines, f"  study in {result.study}", *([] if out is None else [f"  parameters in {out}; use: fit --params {out}"])]


def _is_worse(result: TuningResult) -> bool:
    from trainer.training import METRICS

    tuned, defaults = (result.held_out[which][result.metric]["value"] for which in ("best", "defaults"))
    return bool(tuned < defaults if METRICS[result.metric] else tuned > defaults)


def _interval(found: dict[str, float]) -> str:
    return f"{found['value']:.4f} [{found['low']:.4f}, {found['high']:.4f}]"


def _shown(parameters: dict[str, Any]) -> str:
    return (
        " ".join(f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}" for name, value in parameters.items())
        or "none"
    )

"""Commands that train and score: fit, predict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainer.cli import options as o
from trainer.cli.bars import progress
from trainer.cli.classes import parameters_of, strategy_of, trainer_class_of, trainer_of
from trainer.cli.networks import chosen_networks, network_lines, say_unseen_network
from trainer.cli.output import (
    calibration_lines,
    emit,
    metric_lines,
    say,
    say_choice,
    say_left_out,
    say_withheld,
    threshold_lines,
)
from trainer.cli.tables import print_tables
from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.data import Selection
    from trainer.registry import ModelChoice
    from trainer.training import ModelTraining, Scores, ScoringResult, TrainingResult
    from trainer.warehouse import Client

TOP = 10  # scores that predict shows
Explain = Annotated[bool, typer.Option("--explain", help="Write the reasons for each score, as JSON, into explain_json.")]
TopExplained = Annotated[
    int | None,
    typer.Option("--top", min=1, help="With --explain: reasons for so many of the highest scores.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(fit)
    app.command()(predict)


def fit(
    model: o.Model = "xgboost",
    label_strategy: o.Strategy = "address_labels",
    model_type: o.ModelType = "alert_scorer",
    network: o.Networks = None,
    all_networks: o.AllNetworks = False,
    start_date: o.Day = None,
    end_date: o.Day = None,
    window_days: o.Window = None,
    features: o.Features = None,
    exclude: o.Exclude = None,
    accept_column: o.AcceptColumn = None,
    param: o.Param = None,
    params: o.Params = None,
    seed: o.Seed = 0,
    folds: o.Folds = 5,
    embargo_days: o.EmbargoDays = 30,
    min_labelled: o.MinLabelled = 50,
    min_positive: o.MinPositive = 10,
    calibration: o.Calibration = True,
    left_out: o.LeftOut = True,
    balance_networks: o.BalanceNetworks = False,
    alert_budget: o.AlertBudget = None,
    min_precision: o.MinPrecision = None,
    backend: o.Backend = "local",
    scheduler: o.Scheduler = None,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """Train a model, evaluate it on unseen rows, save and register it.

    What is not given is taken from the warehouse, if that leaves no choice. Several networks make one model, evaluated on each.
    """
    what = dict[str, Any](label_strategy=strategy_of(label_strategy), features=features or (), exclude=exclude or (), seed=seed)
    what.update(accept_columns=accept_column or (), embargo_days=embargo_days, min_labelled=min_labelled, folds=folds)
    what.update(left_out_networks=left_out, balance_networks=balance_networks, all_networks=all_networks, backend=backend)
    what.update(calibrate=calibration, alert_budget=alert_budget, min_precision=min_precision, min_positive=min_positive)
    rows = (model_type, network, start_date, end_date, window_days)
    _fit(target, rows, (model, params, param), what | {"scheduler": scheduler}, json)


def _fit(target: str | None, rows: tuple[Any, ...], named: tuple[str, Any, Any], options: dict[str, Any], as_json: bool) -> None:
    """Train with the options of `training_of`, and print; the trainer's are checked before the warehouse is opened."""
    from trainer.training import check_backend, checked_trainer
    from trainer.warehouse import connect

    model, params, param = named
    trainer = trainer_of(model, parameters_of(model, params, param), options["seed"])
    options["model_trainer"] = checked_trainer(trainer, rows[0])
    check_backend(options["backend"], options["scheduler"], options["model_trainer"])
    with progress() as update, connect(target) as client:
        result = training_of(client, *rows, **options, progress=update).run()
    _warn_of_fit(result, tuned=params is not None)
    emit(result.as_dict(), as_json, _fit_lines(result))


def _warn_of_fit(result: TrainingResult, tuned: bool) -> None:
    say_left_out(result.left_out_columns)
    say_withheld(result.withheld_features)
    if result.threshold is not None and result.threshold["note"]:
        say(result.threshold["note"])
    if tuned:
        say("Parameters that were tuned on these labels make these metrics optimistic; quote the held-out ones of tune.")


def training_of(
    client: Client,
    model_type: str,
    network: Sequence[str] | None,
    start_date: datetime | None,
    end_date: datetime | None,
    window_days: int | None,
    *,
    all_networks: bool = False,
    **options: Any,
) -> ModelTraining:
    """Return a training run on the snapshots that these options select; `options` are further ones of ModelTraining."""
    from trainer.data import resolve_selection
    from trainer.training import ModelTraining

    names = chosen_networks(client, network, all_networks, model_type, window_days, options.get("label_strategy"))
    rows = resolve_selection(client, model_type, names, o.day_of(start_date), o.day_of(end_date), window_days)
    return ModelTraining(rows.network, rows.start_date, rows.end_date, client, model_type, rows.window_days, **options)


def _fit_lines(result: TrainingResult) -> list[str]:
    evaluated = f"  evaluated on {result.n_test:,} unseen rows: {result.split_description}"
    return [
        result.model_id,
        f"  {result.n_train:,} labelled rows ({result.n_positive:,} positive), {result.n_features} features, "
        f"labels: {result.label_strategy}",
        evaluated if result.metrics else f"  {result.graded_on}",
        *metric_lines(result.metrics),
        *network_lines(result.by_network),
        *calibration_lines(result.calibration),
        *threshold_lines(result.threshold),
        f"  saved in {result.artifact}",
    ]


def predict(
    model_id: o.ModelId = "latest",
    network: o.Networks = None,
    processing_date: o.Day = None,
    window_days: o.Window = None,
    model_type: o.LatestType = None,
    model: o.OwnTrainer = None,
    explain: Explain = False,
    top: TopExplained = None,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """Score a snapshot (by default the last one) and write the scores into the warehouse."""
    from trainer.registry import choose_model
    from trainer.reports import score_table
    from trainer.training import chosen_snapshot
    from trainer.training import predict as score
    from trainer.warehouse import connect

    if top is not None and not explain:
        raise UsageError("--top says how many scores to explain; add --explain.")
    trainer = None if model is None else trainer_class_of(model)
    with progress() as update, connect(target) as client:
        rows, model_type = chosen_snapshot(client, model_id, model_type, network, o.day_of(processing_date), window_days)
        choice = choose_model(client, model_id, rows.network, rows.window_days, model_type, trainer)
        say_choice(choice)
        how: dict[str, Any] = {"explain": explain, "top": top, "progress": update}
        result = score(client, rows.network, rows.end_date, rows.window_days, choice.model_id, model_type, trainer, **how)
        highest = _highest(client, rows, choice)
    _warn(result)
    if json:
        emit(result.as_dict() | {"view": result.view, "top": [] if highest is None else highest.rows()}, True, [])
        return
    emit({}, False, _predict_lines(result))
    if highest is not None:
        print_tables([score_table(highest)])


def _highest(client: Client, rows: Selection, choice: ModelChoice) -> Scores | None:
    """Return the highest of the scores that were just written; None where dbt has not built the view of this version."""
    from trainer.errors import NotBuiltError
    from trainer.training import read_scores

    try:
        return read_scores(client, rows, choice, TOP)
    except NotBuiltError as error:
        say(str(error))
        return None


def _predict_lines(result: ScoringResult) -> list[str]:
    lines = [
        f"{result.rows:,} rows in {result.table} for {result.network} {result.processing_date} {result.window_days}, "
        f"model {result.model_id}",
        f"  scores {result.score_min:.4f} to {result.score_max:.4f}, mean {result.score_mean:.4f}",
    ]
    if result.threshold is not None:
        per_day = (result.n_at_or_above or 0) / result.window_days
        lines.append(f"  {result.n_at_or_above:,} at or above the threshold {result.threshold:.4f}, {per_day:.1f} a day")
    if result.explained:
        lines.append(
            f"  reasons for {result.explained:,} of them in explain_json; "
            f"`trainer explain ID --model-id {result.model_id}` words them"
        )
    return [*lines, ""]


def _warn(result: ScoringResult) -> None:
    if result.is_unseen_network and len(result.trained_networks) > 1:
        say_unseen_network(result)
    elif result.is_unseen_network or not result.trained_on.endswith(f" {result.window_days}"):
        say(f"The model was trained on {result.trained_on}, another network or window: its scores may mean little here.")
    if result.absent_features:
        say(f"No row of this snapshot has {', '.join(result.absent_features)}, which the model was trained on.")

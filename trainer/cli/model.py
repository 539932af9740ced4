"""Commands that train and score: fit, predict, models list, models show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainer.cli.output import Day, Json, Network, Target, Window, calibration_lines, day_of, emit, metric_lines, progress, say
from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.labels import LabelStrategy
    from trainer.models import ModelTrainer

models = typer.Typer(help="The models that were trained.", no_args_is_help=True)
Param = Annotated[list[str] | None, typer.Option(help="Parameter of the trainer, name=value; may be repeated.")]
ModelType = Annotated[str, typer.Option(help="alert_scorer, address_scorer, cluster_scorer or alert_ranker.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(fit)
    app.command()(predict)
    app.add_typer(models, name="models")


def fit(
    model: Annotated[str, typer.Option(help="Registered trainer, or package.module:Class of your own.")] = "xgboost",
    label_strategy: Annotated[
        str, typer.Option(help="One that dbt computes, or package.module:Class of your own.")
    ] = "address_labels",
    model_type: ModelType = "alert_scorer",
    network: Network = None,
    start_date: Day = None,
    end_date: Day = None,
    window_days: Window = None,
    features: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Only features like this: 'flow_*'; may be repeated.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="No feature like this: '*_score'; may be repeated.")
    ] = None,
    param: Param = None,
    params: Annotated[
        Path | None, typer.Option(help="Hyperparameters that `tune --out` wrote; --param goes over them.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="One seed, one model.")] = 0,
    folds: Annotated[int, typer.Option(min=2, max=50, help="Parts that are held out in turn.")] = 5,
    embargo_days: Annotated[int, typer.Option(min=0, help="Days between training and test dates.")] = 30,
    min_labelled: Annotated[int, typer.Option(min=2, help="Refuse to train on fewer labelled rows.")] = 50,
    min_positive: Annotated[int, typer.Option(min=1, help="Refuse to train on fewer positive rows.")] = 10,
    calibration: Annotated[
        bool, typer.Option("--calibration/--no-calibration", help="Make scores mean frequencies, learned on unseen rows.")
    ] = True,
    json: Json = False,
    target: Target = None,
) -> None:
    """Train a model, grade it on unseen rows, save and register it.

    Without --network, dates or --window-days it takes what the warehouse has, if that leaves no choice.
    """
    from trainer.data import resolve_selection
    from trainer.training import ModelTraining
    from trainer.warehouse import connect

    values = parameters_of(model, params, param)
    trainer, strategy = trainer_of(model, values, seed), strategy_of(label_strategy)
    with progress() as update, connect(target) as client:
        found = resolve_selection(client, model_type, network, day_of(start_date), day_of(end_date), window_days)
        result = ModelTraining(
            network=found.network,
            start_date=found.start_date,
            end_date=found.end_date,
            client=client,
            model_type=model_type,
            window_days=found.window_days,
            label_strategy=strategy,
            model_trainer=trainer,
            seed=seed,
            folds=folds,
            embargo_days=embargo_days,
            min_labelled=min_labelled,
            min_positive=min_positive,
            features=features or (),
            exclude=exclude or (),
            calibrate=calibration,
            progress=update,
        ).run()
    lines = [
        f"{result.model_id}",
        f"  {result.n_train} labelled rows ({result.n_positive} positive), {result.n_features} features, "
        f"labels: {result.label_strategy}",
        f"  graded on {result.n_test} unseen rows: {result.split_description}" if result.metrics else f"  {result.graded_on}",
        *metric_lines(result.metrics),
        *calibration_lines(result.calibration),
        f"  saved in {result.artifact}",
    ]
    if params is not None:
        say("Parameters that were tuned on these labels make these metrics too good; quote the held-out ones of tune.")
    emit(result.as_dict(), json, lines)


def predict(
    model_id: Annotated[str, typer.Option(help="A model's id, or latest.")] = "latest",
    network: Network = None,
    processing_date: Day = None,
    window_days: Window = None,
    model_type: Annotated[str | None, typer.Option(help="Which kind of model `latest` means.", show_default=False)] = None,
    model: Annotated[
        str | None, typer.Option(help="package.module:Class of a trainer that is no plug-in.", show_default=False)
    ] = None,
    json: Json = False,
    target: Target = None,
) -> None:
    """Score a snapshot (by default the last one) and write the scores into the warehouse."""
    from trainer.data import resolve_selection
    from trainer.registry import LATEST, find_model
    from trainer.training import predict as score
    from trainer.warehouse import connect

    trainer = None if model is None else trainer_class_of(model)
    with connect(target) as client:
        day = day_of(processing_date)
        if model_id != LATEST and model_type is None:
            model_type = find_model(client, model_id, "", 0)["model_type"]
        found = resolve_selection(client, model_type, network, day, day, window_days)
        result = score(client, found.network, found.end_date, found.window_days, model_id, model_type, trainer)
    if result.trained_on != f"{found.network} {found.window_days}":
        say(f"The model was trained on {result.trained_on}, another network or window: its scores may mean little here.")
    if result.absent_features:
        say(f"No row of this snapshot has {', '.join(result.absent_features)}, which the model was trained on.")
    lines = [
        f"{result.rows} rows in {result.table} for {result.network} {result.processing_date} {result.window_days}, "
        f"model {result.model_id}",
        f"  scores {result.score_min:.4f} to {result.score_max:.4f}, mean {result.score_mean:.4f}",
    ]
    emit(result.as_dict(), json, lines)


@models.command("list")
def models_list(json: Json = False, target: Target = None) -> None:
    """List the registered models, the newest first."""
    from trainer.registry import list_models
    from trainer.warehouse import connect

    with connect(target) as client:
        found = list_models(client)
    lines = [
        f"{model['model_id']}  {model['model_type']}  {model['network']} {model['window_days']}  "
        f"{model['label_strategy']}  auc {'none' if model['test_auc'] is None else format(model['test_auc'], '.4f')}"
        for model in found
    ]
    if not found:
        say("No model was trained yet; run `trainer fit`.")
    if found or json:
        emit({"models": found}, json, lines)


@models.command("show")
def models_show(
    model_id: Annotated[str, typer.Argument(help="A model's id.")], json: Json = False, target: Target = None
) -> None:
    """Show one model: what it was trained on and how it did on unseen rows."""
    from trainer.registry import find_model
    from trainer.warehouse import connect

    with connect(target) as client:
        found = find_model(client, model_id, "", 0)
    plain = {name: value for name, value in found.items() if name != "metrics"}
    lines = [f"{name}: {value}" for name, value in plain.items()] + ["metrics on unseen rows:", *metric_lines(found["metrics"])]
    emit(found, json, lines)


def parameters_of(model: str, file: Path | None, texts: list[str] | None) -> dict[str, Any]:
    """Return the hyperparameters of a file, where there is one, with those of `--param` over them."""
    found: dict[str, Any] = {}
    if file is not None:
        from trainer.models import name_of
        from trainer.training import read_parameters

        found = read_parameters(file, name_of(trainer_class_of(model)))
    return found | dict(parameter_of(text) for text in texts or [])


def trainer_of(name: str, values: dict[str, Any], seed: int) -> ModelTrainer:
    """Return the trainer `name`, built with the parameters and, where it takes one, the seed."""
    from trainer.models import build

    return build(trainer_class_of(name), values, seed)


def trainer_class_of(name: str) -> type[ModelTrainer]:
    """Return the registered trainer `name`, or the class `package.module:Class`."""
    from trainer.models import ModelTrainer, trainer_class

    found: type[ModelTrainer] = _imported(name, ModelTrainer) if ":" in name else trainer_class(name)
    return found


def strategy_of(name: str) -> LabelStrategy | str:
    """Return the name of a strategy that dbt computes, or one of the class `package.module:Class`."""
    from trainer.labels import LabelStrategy

    if ":" not in name:
        return name
    strategy: LabelStrategy = _imported(name, LabelStrategy)()
    return strategy


def _imported(name: str, base: type) -> Any:
    """Return the class `package.module:Class`, which must derive from `base`; the working directory is searched too."""
    import importlib

    module, _, attribute = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{name} cannot be imported: {error}.") from error
    finally:
        sys.path.pop(0)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise UsageError(f"{name} is not a {base.__name__}.")
    return found


def parameter_of(text: str) -> tuple[str, Any]:
    """Return the name and the value, as JSON where it is some, of `name=value`."""
    import json

    name, separator, value = text.partition("=")
    if not separator or not name:
        raise UsageError(f"--param takes name=value; found '{text}'.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value

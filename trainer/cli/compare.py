"""The command that compares label strategies, models and feature sets: compare."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainer.cli import options as o
from trainer.cli.bars import keeping, progress
from trainer.cli.classes import parameters_of, strategy_of, trainer_of
from trainer.cli.output import emit, say_left_out
from trainer.cli.tables import print_tables

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.training import Comparison

Strategies = Annotated[list[str], typer.Option("--label-strategy", help="A label strategy, as for fit; repeatable.")]
Models = Annotated[
    list[str],
    typer.Option(
        "--model", metavar="NAME[,PARAM=VALUE…]", help="A model and its parameters: lightgbm,n_estimators=50; repeatable."
    ),
]
FeatureSets = Annotated[
    list[str],
    typer.Option(
        "--feature-set", metavar="PATTERNS", help="Features to use, ! before those to leave out: 'flow_*,!*_mean'; repeatable."
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="'STRATEGY / MODEL'", help="What the others are compared with [default: the first].", show_default=False
    ),
]
OneChange = Annotated[bool, typer.Option("--one-change", help="Only candidates that differ from the baseline in one thing.")]
TruthFile = Annotated[
    Path | None,
    typer.Option(
        "--truth", help="Parquet file with hidden truth: address, is_illicit; evaluated on beside gold.", show_default=False
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder of the results [default: one among the artifacts].", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(compare)


def compare(
    label_strategy: Strategies = ["address_labels"],  # noqa: B006  typer copies it
    model: Models = ["xgboost", "lightgbm", "logistic"],  # noqa: B006
    feature_set: FeatureSets = ["all"],  # noqa: B006
    baseline: Baseline = None,
    one_change: OneChange = False,
    truth: TruthFile = None,
    model_type: o.ModelType = "alert_scorer",
    network: o.Networks = None,
    start_date: o.Day = None,
    end_date: o.Day = None,
    window_days: o.Window = None,
    accept_column: o.AcceptColumn = None,
    seed: o.Seed = 0,
    folds: o.Folds = 5,
    embargo_days: o.EmbargoDays = 30,
    min_labelled: o.MinLabelled = 50,
    min_positive: o.MinPositive = 10,
    out: Out = None,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """Compare label strategies, models and feature sets on the same folds and the same gold rows.

    The same command continues an interrupted comparison.
    """
    from trainer.labels import read_truth

    what: dict[str, Any] = {"label_strategies": [strategy_of(name) for name in label_strategy], "feature_sets": feature_set}
    what |= {"models": [(text, _trainer(text, seed)) for text in model], "baseline": baseline, "one_change": one_change}
    what |= {"model_type": model_type, "accept_columns": accept_column or (), "out": out}
    what |= {"truth": None if truth is None else read_truth(truth), "enough": (min_labelled, min_positive)}
    what |= {"seed": seed, "folds": folds, "embargo_days": embargo_days}
    found = _run(target, (network, o.day_of(start_date), o.day_of(end_date), window_days), what)
    say_left_out(found.left_out_columns)
    _print(found, json)


def _run(target: str | None, rows: tuple[Any, ...], what: dict[str, Any]) -> Comparison:
    from trainer.training import compare as run
    from trainer.warehouse import connect

    again = "the same command continues the comparison"
    with progress() as bars, keeping(bars, "candidates", "candidate", again) as update, connect(target) as client:
        return run(client, *rows, **what, progress=update)


def _trainer(text: str, seed: int) -> ModelTrainer:
    """Return the trainer of `NAME,param=value,…`; a comma within brackets belongs to a value."""
    name, *parameters = re.split(r",(?![^\[{]*[\]}])", text)
    return trainer_of(name, parameters_of(name, None, parameters), seed)


def _print(found: Comparison, as_json: bool) -> None:
    if as_json:
        emit(found.as_dict(), True, [])
        return
    from trainer.reports import comparison_tables

    rows = (
        f"{found.n_gold} gold rows ({found.n_gold_positive} positive, {found.n_gold_addresses} addresses) of {found.network}, "
        f"{found.window_days} days: {found.split}"
    )
    emit({}, False, [rows, ""])
    print_tables(comparison_tables(found))
    kept = f"Predictions, results_per_split.csv and leaderboard.json are in {found.folder}"
    emit({}, False, [*found.sentences, "", kept])

"""The command demo: every step once, on a simulated network."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainer.cli.bars import in_percent, progress, working
from trainer.cli.build import run_build
from trainer.cli.demo_lines import alert_lines, truth_lines
from trainer.cli.options import Json, Seed, check_out_folder
from trainer.cli.output import emit, metric_lines, say
from trainer.cli.terminal import Verbatim
from trainer.progress import step

if TYPE_CHECKING:
    from trainer.progress import Progress
    from trainer.simulate import SimulationSummary
    from trainer.training import AgainstTruth, Explanations, ScoringResult, TrainingResult

NETWORK = "simnet"
WINDOW_DAYS = 90
DATES = (date(2025, 8, 1), date(2025, 9, 1))
STRATEGIES = ("label_model", "address_labels")  # the default is last
TOP = 10
ALERTS = 3_000  # a date
DURATION = "This takes one to two minutes on two cores"
# The demo has an empty warehouse, so every seed and table is new. Unit tests are of the models' SQL, which no data changes.
BUILD = ("--full-refresh", "--exclude-resource-type", "unit_test")
ALERT_BUDGET = 50  # alerts a day that somebody can look at


@dataclass(frozen=True)
class _Model:
    """A model of the demo: what `fit` and `predict` reported, and how its scores do against the hidden truth."""

    fitted: TrainingResult
    scored: ScoringResult
    hidden: list[AgainstTruth]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the data, the warehouse and the model.")] = Path("demo"),
    alerts: Annotated[int, typer.Option(min=1000, help="Alerts per processing date.")] = ALERTS,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Simulate, ingest, label, build, train, score, explain and report, in a folder of its own.

    With 3,000 alerts a date it takes one to two minutes on two cores.
    """
    from trainer import settings

    check_out_folder(out)
    started = time.perf_counter()
    if alerts == ALERTS:
        say(f"{DURATION}.")
    go_on = _settle(out)
    world = _build(out, alerts, seed)
    with progress() as update:
        models, top = _train_and_score(world, seed, update)
    page = _report(models[-1].fitted)
    seconds = round(time.perf_counter() - started, 1)
    warehouse = str(settings.target().path)
    default = models[-1]
    result = {
        "fit": default.fitted.as_dict(),
        "predict": default.scored.as_dict(),
        "models": {one.fitted.label_strategy: one.fitted.model_id for one in models},
        "hidden_truth": [row.as_dict() for one in models for row in one.hidden],
        "top_alerts": [one.as_dict() for one in top],
        "html": page,
        "seconds": seconds,
        "warehouse": warehouse,
    }
    lines = [*_model_lines(models), *truth_lines([row for one in models for row in one.hidden]), *alert_lines(top)]
    emit(result, json, [*lines, *_last_lines(default, page, seconds, warehouse, go_on)])


def _build(out: Path, alerts: int, seed: int) -> SimulationSummary:
    """Simulate a network, load its snapshots and labels, and let dbt build the training tables."""
    from trainer import settings
    from trainer.labels import add_labels
    from trainer.simulate import simulate
    from trainer.snapshots import ingest
    from trainer.warehouse import connect, create_tables

    _step("simulate", f"{len(DATES)} snapshots of {alerts} alerts in {out / 'data'}")
    how: dict[str, Any] = {"window_days": WINDOW_DAYS, "network": NETWORK, "seed": seed}
    with progress() as update:
        world = simulate(out / "data", alerts=alerts, dates=DATES, progress=in_percent(update), **how)
    _step("init, ingest", "raw tables in an embedded ClickHouse")
    with progress() as update, connect() as client:
        create_tables(client)
        ingest(client, world.root / "snapshots", progress=update)
        added = add_labels(client, world.custom_labels)
    _step("labels add", f"{added.added} labels from {world.custom_labels.name}")
    _step("dbt build", f"seeds, labels, features, training tables and their tests in {settings.project_dir()}")
    run_build(BUILD)
    return world


def _train_and_score(world: SimulationSummary, seed: int, update: Progress | None) -> tuple[list[_Model], Explanations]:
    """Train on two label strategies, score the last snapshot, and compare the scores with the hidden truth.

    Returns the models, the default last, so that it is the newest, and the reasons for its highest scores.
    """
    from trainer.labels import read_truth
    from trainer.training import ModelTraining, against_truth, explain, predict
    from trainer.warehouse import connect

    truth, models = read_truth(world.truth), []
    with connect() as client:
        for strategy in STRATEGIES:
            _step("fit", f"XGBoost on the labels of {strategy}, evaluated on addresses it has not seen")
            fitted = ModelTraining(
                NETWORK, DATES[0], DATES[-1], client, "alert_scorer", WINDOW_DAYS, strategy, seed=seed, progress=update
            ).run()
            _step("predict", f"every alert of {DATES[-1]}")
            scored = predict(client, NETWORK, DATES[-1], WINDOW_DAYS, fitted.model_id, progress=update)
            with step(update, "comparing with the hidden truth"):
                models.append(_Model(fitted, scored, against_truth(client, scored, strategy, truth)))
        _step("explain", f"the {TOP} highest scores")
        with step(update, "explaining"):
            return models, explain(client, fitted.model_id, top=TOP)


def _report(fitted: TrainingResult) -> str:
    """Write the report of the model, with a threshold for an alert budget, beside it; return the path."""
    from trainer.reports import model_page, report, write_page
    from trainer.warehouse import connect

    path = Path(fitted.artifact) / "report.html"
    _step("report", f"{path}, with a threshold for {ALERT_BUDGET} alerts a day")
    with working("figures and page"), connect() as client:
        write_page(model_page(report(client, fitted.model_id, alert_budget=ALERT_BUDGET)), path)
    return str(path)


def _model_lines(models: list[_Model]) -> list[str]:
    lines = []
    for one in models:
        fitted = one.fitted
        lines += [
            f"Model {fitted.model_id}, labels: {fitted.label_strategy}",
            f"  {fitted.n_train} labelled rows, {fitted.n_features} features",
            f"  On {fitted.n_test} unseen rows with a gold label ({fitted.split_description}):",
            *(f"  {line}" for line in metric_lines(fitted.metrics)),
        ]
    return lines


def _last_lines(model: _Model, page: str, seconds: float, warehouse: str, go_on: str) -> list[str]:
    scored, fitted = model.scored, model.fitted
    return [
        "",
        f"{scored.rows} scores are in the table {scored.table} of the warehouse {warehouse}; the model is in {fitted.artifact}.",
        f"To look: open {page} in a browser. To go on with trainer and dbt:",
        Verbatim("  " + go_on),
        f"Done in {seconds} s.",
    ]


def _settle(out: Path) -> str:
    """Choose where the warehouse and the models are; return the shell command after which trainer and dbt use them.

    In a project it is that of the project, with a warehouse of the demo's; elsewhere the demo's folder becomes a project.
    """
    from trainer import settings
    from trainer.errors import UsageError
    from trainer.project import write_project

    os.environ["TRAINER_TARGET"] = "embedded"
    try:
        settings.profiles_dir()
    except UsageError:
        write_project(out)
        os.environ["DBT_PROFILES_DIR"] = str(out.resolve())
        return f"cd {shlex.quote(str(out))}"
    os.environ |= {
        "TRAINER_WAREHOUSE": str((out / "warehouse").resolve()),
        "TRAINER_ARTIFACTS": str((out / "artifacts").resolve()),
    }
    names = ("TRAINER_TARGET", "TRAINER_WAREHOUSE", "TRAINER_ARTIFACTS")
    return "export " + " ".join(f"{name}={shlex.quote(os.environ[name])}" for name in names)


def _step(name: str, text: str) -> None:
    say(f"{name:>12}  {text}")

"""The command demo: every step once, on a simulated network."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainer.cli.data import prepare
from trainer.cli.demo_lines import alert_lines, truth_lines
from trainer.cli.options import Json, Seed, check_out_folder
from trainer.cli.output import emit, metric_lines, progress, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainer.simulate import SimulationSummary
    from trainer.training import AgainstTruth, Explanations, ScoringResult, TrainingResult

    Progress = Callable[[str, int, int], None] | None

NETWORK = "simnet"
WINDOW_DAYS = 90
DATES = (date(2025, 8, 1), date(2025, 9, 1))
STRATEGIES = ("label_model", "address_labels")  # the default is last
TOP = 10
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
    alerts: Annotated[int, typer.Option(min=1000, help="Alerts per processing date.")] = 20_000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Simulate, ingest, label, build, train, score, explain and report: a few minutes, in a folder of its own."""
    from trainer import settings

    check_out_folder(out)
    started = time.perf_counter()
    os.environ |= {
        "TRAINER_TARGET": "embedded",
        "TRAINER_WAREHOUSE": str((out / "warehouse").resolve()),
        "TRAINER_ARTIFACTS": str((out / "artifacts").resolve()),
    }
    with progress() as update:
        world = _build(out, alerts, seed, update)
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
    emit(result, json, [*lines, *_last_lines(default, page, seconds, warehouse)])


def _build(out: Path, alerts: int, seed: int, update: Progress) -> SimulationSummary:
    """Simulate a network, load its snapshots and labels, and let dbt build the training tables."""
    from trainer import settings
    from trainer.labels import add_labels
    from trainer.simulate import simulate
    from trainer.snapshots import ingest
    from trainer.warehouse import connect, run_dbt

    _step("simulate", f"{len(DATES)} snapshots of {alerts} alerts in {out / 'data'}")
    world = simulate(out / "data", alerts=alerts, dates=DATES, window_days=WINDOW_DAYS, network=NETWORK, seed=seed)
    _step("init, ingest", "raw tables in an embedded ClickHouse")
    prepare(None)
    with connect() as client:
        ingest(client, world.root / "snapshots", progress=update)
        added = add_labels(client, world.custom_labels)
    _step("labels add", f"{added.added} labels from {world.custom_labels.name}")
    _step("dbt build", f"labels, features, training tables and their tests in {settings.project_dir()}")
    run_dbt(["build", "--quiet"])
    return world


def _train_and_score(world: SimulationSummary, seed: int, update: Progress) -> tuple[list[_Model], Explanations]:
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
            scored = predict(client, NETWORK, DATES[-1], WINDOW_DAYS, fitted.model_id)
            models.append(_Model(fitted, scored, against_truth(client, scored, strategy, truth)))
        _step("explain", f"the {TOP} highest scores")
        return models, explain(client, fitted.model_id, top=TOP)


def _report(fitted: TrainingResult) -> str:
    """Write the report of the model, with a threshold for an alert budget, beside it; return the path."""
    from trainer.reports import model_page, report, write_page
    from trainer.warehouse import connect

    path = Path(fitted.artifact) / "report.html"
    _step("report", f"{path}, with a threshold for {ALERT_BUDGET} alerts a day")
    with connect() as client:
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


def _last_lines(model: _Model, page: str, seconds: float, warehouse: str) -> list[str]:
    scored, fitted = model.scored, model.fitted
    return [
        "",
        f"{scored.rows} scores are in the table {scored.table} of the warehouse {warehouse}; the model is in {fitted.artifact}.",
        f"To look: open {page} in a browser. To go on with trainer and dbt in this folder:",
        "  " + _environment(),
        f"Done in {seconds} s.",
    ]


def _environment() -> str:
    """Return the shell command that points trainer and dbt at the demo's folder."""
    names = ("TRAINER_TARGET", "TRAINER_WAREHOUSE", "TRAINER_ARTIFACTS")
    return "export " + " ".join(f"{name}={shlex.quote(os.environ[name])}" for name in names)


def _step(name: str, text: str) -> None:
    say(f"{name:>12}  {text}")

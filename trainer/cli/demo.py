"""The command demo: every step once, on a simulated network."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainer.cli.data import prepare
from trainer.cli.options import Json, Seed
from trainer.cli.output import emit, metric_lines, progress, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainer.simulate import SimulationSummary
    from trainer.training import ScoringResult, TrainingResult
    from trainer.warehouse import Client

    Progress = Callable[[str, int, int], None] | None

NETWORK = "simnet"
WINDOW_DAYS = 90
DATES = (date(2025, 8, 1), date(2025, 9, 1))


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the data, the warehouse and the model.")] = Path("demo"),
    alerts: Annotated[int, typer.Option(min=1000, help="Alerts per processing date.")] = 20_000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Simulate, ingest, label, build, train and score: a few minutes, in a folder of its own."""
    from trainer import settings

    started = time.perf_counter()
    os.environ |= {
        "TRAINER_TARGET": "embedded",
        "TRAINER_WAREHOUSE": str((out / "warehouse").resolve()),
        "TRAINER_ARTIFACTS": str((out / "artifacts").resolve()),
    }
    with progress() as update:
        world = _build(out, alerts, seed, update)
        fitted, scored, hidden = _train_and_score(world, seed, update)
    seconds = round(time.perf_counter() - started, 1)
    warehouse = str(settings.target().path)
    result = {"fit": fitted.as_dict(), "predict": scored.as_dict(), "hidden_truth": hidden, "seconds": seconds}
    emit(result | {"warehouse": warehouse}, json, _lines(fitted, scored, hidden, seconds, warehouse))


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


def _train_and_score(
    world: SimulationSummary, seed: int, update: Progress
) -> tuple[TrainingResult, ScoringResult, dict[str, Any]]:
    """Train on the simulated network, score its last snapshot, and compare the scores with the hidden truth."""
    from trainer.training import ModelTraining, predict
    from trainer.warehouse import connect

    _step("fit", "XGBoost, evaluated on addresses it has not seen")
    with connect() as client:
        fitted = ModelTraining(NETWORK, DATES[0], DATES[-1], client, window_days=WINDOW_DAYS, seed=seed, progress=update).run()
        _step("predict", f"every alert of {DATES[-1]}")
        scored = predict(client, NETWORK, DATES[-1], WINDOW_DAYS, fitted.model_id)
        return fitted, scored, _against_truth(client, scored, world.truth)


def _lines(fitted: TrainingResult, scored: ScoringResult, hidden: dict[str, Any], seconds: float, warehouse: str) -> list[str]:
    return [
        f"Model {fitted.model_id}: {fitted.n_train} labelled rows, {fitted.n_features} features",
        f"On {fitted.n_test} unseen rows ({fitted.split_description}):",
        *metric_lines(fitted.metrics),
        f"Against the hidden truth, on the {hidden['rows']} alerts whose address has no label: AUC {hidden['auc']:.4f}",
        f"{scored.rows} scores are in the table {scored.table} of the warehouse {warehouse}; the model is in {fitted.artifact}.",
        f"To look: TRAINER_WAREHOUSE={warehouse} trainer models list",
        f"Done in {seconds} s.",
    ]


def _step(name: str, text: str) -> None:
    say(f"{name:>12}  {text}")


def _against_truth(client: Client, scored: ScoringResult, truth: Path) -> dict[str, Any]:
    """Return the AUC of the scores of unlabelled addresses' alerts against the simulator's truth, which nothing else reads."""
    import pandas as pd
    from sklearn.metrics import roc_auc_score

    rows = client.query_df(
        "SELECT alerts.address AS address, scores.score AS score FROM alert_scores AS scores FINAL "
        "INNER JOIN scoring_alerts AS alerts ON alerts.network = scores.network AND alerts.alert_id = scores.alert_id "
        "AND alerts.processing_date = scores.processing_date AND alerts.window_days = scores.window_days "
        "WHERE scores.model_id = {model_id:String} "
        "AND alerts.address NOT IN (SELECT address FROM fct_address_labels WHERE network = {network:String})",
        parameters={"model_id": scored.model_id, "network": scored.network},
    )
    known = pd.read_parquet(truth, columns=["address", "is_illicit"])
    joined = rows.merge(known, on="address", how="inner")
    return {"rows": len(joined), "auc": float(roc_auc_score(joined["is_illicit"], joined["score"]))}

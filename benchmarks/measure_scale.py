"""Measures reading the matrix and `predict` at several sizes, each beside its floor: the engine's bare stream, a script by hand.

python benchmarks/measure_scale.py FOLDER --rows 200000 --rows 1000000

A small simulated network is built once, and its alerts are copied under other dates, so that a million rows cost seconds. Each
figure is of a process of its own, `turns` times in turn; the minimum counts. Before the clock starts, memory is touched once: a
virtual machine may have to ask its host for it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

DAY = date(2025, 8, 1)
WINDOW_DAYS = 90
NETWORK = "simnet"
ALERTS = 20_000
MODELS = ("xgboost", "lightgbm")
STRATEGY = "label_model"  # labels nearly all rows, so that training is measured on as many as scoring

Measured = tuple[float, float, float]  # wall seconds, CPU seconds, peak memory in GB
COPY = """
    INSERT INTO fct_alert_features
    SELECT * EXCEPT (number) REPLACE (
        {day:Date} AS processing_date, concat(alert_id, '-', leftPad(toString(number), 6, '0')) AS alert_id
    )
    FROM (SELECT * FROM fct_alert_features WHERE processing_date = {first:Date}) AS alerts
    CROSS JOIN numbers({copies:UInt64}) AS copies
"""


def main(
    folder: Path, rows: Annotated[list[int] | None, typer.Option(min=ALERTS)] = None, turns: int = 3, only: str = ""
) -> None:
    """Build what is missing, then print wall and CPU seconds, peak memory, rows per second and the ratio to the floor.

    `only` is a part of the name of what is measured, such as `predict`.
    """
    folder = folder.resolve()
    os.environ |= {"TRAINER_WAREHOUSE": str(folder / "warehouse"), "TRAINER_ARTIFACTS": str(folder / "artifacts")}
    os.environ["TRAINER_TARGET"] = "embedded"
    models = built(folder)
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    print("| rows | what | wall | CPU | peak | rows/s | CPU of the floor | ratio |\n|---|---|---|---|---|---|---|---|")
    for count in rows or [200_000, 1_000_000]:
        day = DAY + timedelta(days=count // ALERTS)
        alone(copied, day, count // ALERTS)
        work = {
            "matrix, scoring": ((read, day, False), (bare_stream, day, False)),
            "matrix, training": ((read, day, True), (bare_stream, day, True)),
            **{f"predict, {name}": ((predicted, day, one), (bare_predict, day, one)) for name, one in models.items()},
        }
        for what, (ours, floor) in work.items():
            if only in what:
                report(count, what, turns, ours, floor)


def report(count: int, what: str, turns: int, ours: tuple[Any, ...], floor: tuple[Any, ...]) -> None:
    """Measure both in turn and print a line."""
    found = [(alone(*ours), alone(*floor)) for _ in range(turns)]
    wall, cpu, peak = (min(one[0][i] for one in found) for i in range(3))
    least = min(one[1][1] for one in found)
    line = f"{wall:.1f} s | {cpu:.1f} s | {peak:.2f} GB | {count / wall:,.0f} | {least:.1f} s | {cpu / least:.2f}"
    print(f"| {count:,} | {what} | {line} |", flush=True)


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of this module in a fresh process: an embedded warehouse is open in one at a time."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def built(folder: Path) -> dict[str, str]:
    """Simulate, build and train once, and return the id of each model."""
    kept = folder / "models.json"
    if not kept.exists():
        data = folder / "data"
        made = ["--alerts", ALERTS, "--dates", DAY, "--window-days", WINDOW_DAYS, "--network", NETWORK]
        run("trainer", "simulate", data, *made)
        run("trainer", "init")
        run("trainer", "ingest", data / "snapshots")
        run("trainer", "labels", "add", data / "custom-labels" / f"{NETWORK}_custom_labels.csv")
        run("dbt", "run")
        fits = {name: run("trainer", "fit", "--model", name, "--param", "preset=guide", "--json") for name in MODELS}
        kept.write_text(json.dumps({name: json.loads(said)["model_id"] for name, said in fits.items()}))
    models: dict[str, str] = json.loads(kept.read_text())
    return models


def run(command: str, *arguments: object) -> str:
    """Run a command of this environment and return what it writes to stdout."""
    program = [str(Path(sys.executable).parent / command), *map(str, arguments)]
    return subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True).stdout


def copied(day: date, copies: int) -> None:
    """Put so many copies of the alerts under a date, unless it has some."""
    from trainer.warehouse import connect

    with connect() as client:
        if not client.query("SELECT count() FROM fct_alert_features WHERE processing_date = {day:Date}", {"day": day}).first_row[
            0
        ]:
            client.command(COPY, parameters={"day": day, "first": DAY, "copies": copies})


def measured(work: Callable[[Any], Any], warm_gb: float = 3) -> Measured:
    """Return what a piece of work takes on an open warehouse."""
    import numpy as np

    from trainer.warehouse import connect

    with connect() as client:
        client.query_arrow("SELECT 1")
        np.ones(int(warm_gb * 250_000_000), dtype=np.float32)
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak is counted anew
        wall, cpu = time.perf_counter(), time.process_time()
        work(client)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1e6
    return wall, cpu, min(peak, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def selection(day: date) -> Any:
    """Return the rows of a date."""
    from trainer.data import Selection

    return Selection(NETWORK, day, day, WINDOW_DAYS)


def read(day: date, labelled: bool) -> Measured:
    """Read the matrix, as `fit` and `explain` do."""
    from trainer.data import read_scoring, read_training

    if labelled:
        return measured(lambda client: read_training(client, "alert_scorer", selection(day), STRATEGY))
    return measured(lambda client: read_scoring(client, "alert_scorer", selection(day)))


def bare_stream(day: date, labelled: bool) -> Measured:
    """Take the bytes of the same columns as the engine sends them in the Native format, in one query, and forget them."""
    from trainer.data.dataset import ALL_FEATURES, _chosen
    from trainer.data.feature import sql_expression
    from trainer.model_types import ALERT_SCORER

    def take(client: Any) -> None:
        where = selection(day)
        features = _chosen(client, ALERT_SCORER, where, ALL_FEATURES).features
        keys = {f"key_{i}": one.key for i, one in enumerate(features) if one.key is not None}
        columns = [
            "processing_date",
            "alert_id",
            "address",
            *(["label_target", "label_weight", "label_source"] if labelled else []),
        ]
        columns += [f"{sql_expression(one, i)} AS f{i}" for i, one in enumerate(features)]
        table, strategy = ("training_alerts", f" AND label_strategy = '{STRATEGY}'") if labelled else ("scoring_alerts", "")
        order = "ORDER BY network, window_days, processing_date, alert_id"
        query = f"SELECT {', '.join(columns)} FROM {table} WHERE {where.where}{strategy} {order}"
        with client.raw_stream(query, parameters=where.parameters | keys, fmt="Native") as stream:
            while stream.read(1 << 16):
                pass

    return measured(take)


def predicted(day: date, model_id: str) -> Measured:
    """Score and write back."""
    from trainer.training import predict

    load(model_id)
    return measured(lambda client: predict(client, NETWORK, day, WINDOW_DAYS, model_id))


def bare_predict(day: date, model_id: str) -> Measured:
    """Read the whole matrix by Arrow, call the library once and insert the scores: what a script of ten lines would do."""
    import numpy as np
    import pyarrow as pa

    from trainer.data.feature import sql_expression

    loaded = load(model_id)

    def score(client: Any) -> None:
        where = selection(day)
        keys = {f"key_{i}": one.key for i, one in enumerate(loaded.features) if one.key is not None}
        columns = [f"{sql_expression(one, i)} AS f{i}" for i, one in enumerate(loaded.features)]
        query = f"SELECT alert_id, {', '.join(columns)} FROM scoring_alerts WHERE {where.where} ORDER BY alert_id"
        table = client.query_arrow(query, parameters=where.parameters | keys)
        X = np.empty((len(table), table.num_columns - 1), dtype=np.float32, order="F")
        for position in range(X.shape[1]):
            X[:, position] = table.column(position + 1)
        booster = loaded.trainer.model
        scores = booster.inplace_predict(X) if hasattr(booster, "inplace_predict") else booster.predict(X)
        client.command(
            "CREATE OR REPLACE TABLE bare_scores (alert_id String, score Float64) ENGINE = MergeTree ORDER BY alert_id"
        )
        client.insert_arrow("bare_scores", pa.table({"alert_id": table["alert_id"], "score": scores.astype(np.float64)}))

    return measured(score)


def load(model_id: str) -> Any:
    """Return a saved model, its library imported before the clock starts."""
    from trainer.registry import artifact

    return artifact.load(Path(os.environ["TRAINER_ARTIFACTS"]) / model_id, None)


if __name__ == "__main__":
    typer.run(main)

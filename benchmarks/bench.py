"""Measures the whole way from files to scores at several sizes, and writes a table, with what each step grows like.

python benchmarks/bench.py FOLDER [--alerts 2000 --alerts 20000 --alerts 200000] [--out BENCHMARKS.md]

Each size is a simulated network in a warehouse of its own. A step runs `--rounds` times, in a process of its own, and the least
of each figure counts. Beside ingest stands what the engine takes to insert the same files, beside `dbt run` dbt's own start,
beside the queries of most features the same features in Polars (benchmarks/polars_features.py, which reads and writes Parquet).
benchmarks/measure_scale.py measures the matrix and predict beside their floors, measure_days.py what a new day costs.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from steps import Step, best, timed

DAY = date(2025, 8, 1)
WINDOW_DAYS = 90
NETWORK = "simnet"
DEAREST = 12  # models whose query time is listed
IN_POLARS = ("stg_features", "stg_money_flows", "int_flow_sides", "int_features__flows", "int_neighbours__flows",
             "int_neighbours__ranks", "int_neighbours__one_hop", "int_features__neighbours", "int_features__population",
             "fct_address_features")  # fmt: skip
PACKAGES = ("chdb", "dbt-core", "dbt-clickhouse", "lightgbm", "xgboost")
POLARS = Path(__file__).with_name("polars_features.py")
STARTED, ENDED = re.compile(r"adapter: On (\S+): "), re.compile(r"SQL status: .* in ([\d.]+) seconds")
FLOORS = {"ingest": "insert of the same files", "dbt run, everything": "dbt parse", "dbt run, nothing new": "dbt parse"}
# The files of a snapshot as they are, each into a table of the same columns and order, in an engine of its own.
INSERT = """
import sys, tempfile
from chdb.session import Session
with tempfile.TemporaryDirectory() as folder:
    engine = Session(folder)
    for statement in sys.argv[1:]:
        engine.query(statement)
"""


def main(
    folder: Path,
    alerts: Annotated[list[int] | None, typer.Option(min=1000)] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    out: Annotated[Path | None, typer.Option(help="File to write the tables to, as Markdown.")] = None,
    ingest_only: Annotated[bool, typer.Option("--ingest-only", help="Stop after simulate and ingest.")] = False,
) -> None:
    """Measure every size, and print the tables; the figures stay in FOLDER/bench.json."""
    sizes = sorted(alerts or [2_000, 20_000, 200_000])
    steps: dict[int, dict[str, Step]] = {}
    models: dict[int, dict[str, float]] = {}
    for size in sizes:
        place = (folder / str(size)).resolve()
        place.mkdir(parents=True, exist_ok=True)
        steps[size], models[size] = measure(place, size, rounds, ingest_only)
    kept = {str(size): {name: vars(step) for name, step in of.items()} | {"models": models[size]} for size, of in steps.items()}
    (folder / "bench.json").write_text(json.dumps(kept, indent=2), encoding="utf-8")
    text = f"{machine()}\n\n{steps_table(steps)}\n"
    if not ingest_only:
        polars = {size: of["features in Polars"].wall for size, of in steps.items()}
        text += f"\n{models_table(models, polars)}\n"
    print(text)
    if out:
        out.write_text(f"# Benchmarks\n\nWritten by `make bench`.\n\n{text}", encoding="utf-8")


def measure(place: Path, alerts: int, rounds: int, ingest_only: bool = False) -> tuple[dict[str, Step], dict[str, float]]:
    """Return step → what it took, and model → seconds of its queries, for a network of so many alerts."""
    os.environ |= {
        "TRAINER_TARGET": "embedded",
        "TRAINER_WAREHOUSE": str(place / "warehouse"),
        "TRAINER_ARTIFACTS": str(place / "artifacts"),
        "DBT_TARGET_PATH": str(place / "target"),
        "DBT_LOG_PATH": str(place / "logs"),
    }
    data, found = place / "data", {}
    if not data.exists():
        world = ("--alerts", alerts, "--dates", DAY, "--window-days", WINDOW_DAYS, "--network", NETWORK)
        found["simulate"] = timed("trainer", "simulate", data, *world)
    timed("trainer", "init")
    found["insert of the same files"] = best(rounds, "python", "-c", INSERT, *inserts(data / "snapshots"))
    found["ingest"] = best(rounds, "trainer", "ingest", data / "snapshots")
    if ingest_only:
        return found, {}
    timed("trainer", "labels", "add", data / "custom-labels" / f"{NETWORK}_custom_labels.csv")
    timed("dbt", "parse")  # from scratch; what follows finds the project parsed, as in daily use
    found["dbt parse"] = best(rounds, "dbt", "parse")
    found["dbt run, everything"] = best(rounds, "dbt", "run", "--full-refresh")
    (place / "logs" / "dbt.log").unlink(missing_ok=True)
    timed("dbt", "run", "--full-refresh", "--threads", 1, "--log-format-file", "json", "--log-level-file", "debug")
    queries = seconds_of_queries(place / "logs" / "dbt.log")
    found["features in Polars"] = best(rounds, "python", POLARS, snapshot_of(data), place / "features.parquet")
    found["dbt run, nothing new"] = best(rounds, "dbt", "run")
    for name in ("lightgbm", "xgboost"):
        found[f"fit, {name}"] = timed("trainer", "fit", "--model", name, "--param", "preset=guide")
        found[f"predict, {name}"] = best(rounds, "trainer", "predict", "--model", name)
    return found, queries


def inserts(snapshots: Path) -> list[str]:
    """Return the statements that insert a snapshot's files into MergeTree tables with the columns and order of the raw tables."""
    import pyarrow.parquet as pq

    from trainer.snapshots.shapes import OCTOBER_2025

    statements = ["CREATE DATABASE bare"]
    for stem, table in OCTOBER_2025.tables.items():
        for file in snapshots.rglob(f"{stem}.parquet"):
            names = ", ".join(name for name in pq.read_schema(file).names if name in table.all_columns)
            statements.append(table.side_ddl(f"bare.{stem}"))
            statements.append(f"INSERT INTO bare.{stem} ({names}) SELECT {names} FROM file('{file}')")
    return statements


def snapshot_of(data: Path) -> Path:
    """Return the folder with the Parquet files of the one snapshot that was simulated."""
    (features,) = (data / "snapshots").rglob("features.parquet")
    return features.parent


def seconds_of_queries(log: Path) -> dict[str, float]:
    """Return model → seconds that its statements took one after the other, from dbt's log in JSON of a run of one thread."""
    found: dict[str, float] = {}
    node = ""
    for line in log.read_text(encoding="utf-8").splitlines():
        message = json.loads(line)["info"]["msg"]
        if started := STARTED.search(message):
            node = started[1]
        elif ended := ENDED.search(message):
            found[node] = found.get(node, 0) + float(ended[1])
    return {name.rpartition(".")[2]: seconds for name, seconds in found.items() if name.startswith("model.")}


def machine() -> str:
    """Return machine and versions in a line."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {versions}."


def steps_table(steps: dict[int, dict[str, Step]]) -> str:
    """Return a row per size and step, with the ratio to its floor and the growth from the next smaller size."""
    lines = ["| alerts | step | wall | CPU | peak memory | alerts a second | × its floor | grows like |", "|" + "---|" * 8]
    sizes = list(steps)
    for size, smaller in zip(sizes, [None, *sizes], strict=False):
        for name, step in steps[size].items():
            floor = steps[size].get(FLOORS.get(name, ""))
            cells: list[Any] = [f"{size:,}", name, f"{step.wall:.1f} s", f"{step.cpu:.1f} s", f"{step.peak:.2f} GB"]
            cells += [f"{size / step.wall:,.0f}", f"{step.cpu / floor.cpu:.2f}" if floor else ""]
            cells.append(growth(size, step, smaller, steps[smaller].get(name)) if smaller else "")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def growth(size: int, step: Step, smaller: int, before: Step | None) -> str:
    """Return n to the power with which CPU time grows from one size to another."""
    if before is None:
        return ""
    return f"n^{math.log(step.cpu / before.cpu) / math.log(size / smaller):.2f}"


def models_table(models: dict[int, dict[str, float]], polars: dict[int, float]) -> str:
    """Return the models whose queries take longest at the largest size, with their seconds at each size, and what Polars took."""
    largest = models[max(models)]
    dearest = sorted(largest, key=lambda name: -largest[name])[:DEAREST]
    rows = {f"`{name}`": [of.get(name, math.nan) for of in models.values()] for name in dearest}
    rows["all models"] = [sum(of.values()) for of in models.values()]
    rows["those of the features in Polars"] = [sum(of.get(name, 0) for name in IN_POLARS) for of in models.values()]
    rows["the same features in Polars"] = list(polars.values())
    lines = [f"| queries of | {' | '.join(f'{size:,}' for size in models)} |", "|" + "---|" * (len(models) + 1)]
    lines += [f"| {name} | {' | '.join(f'{seconds:.2f} s' for seconds in of)} |" for name, of in rows.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)

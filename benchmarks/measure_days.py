"""Measures what a new day costs `dbt run`: the first snapshot, one more beside ten, a hundred labels for one of them, nothing.

python benchmarks/measure_days.py FOLDER [--alerts 20000] [--days 11]

Each day is a snapshot of one simulated network. A step changes the warehouse and then times `dbt run` in a process of its own.
"""

from __future__ import annotations

import os
import platform
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from bench import NETWORK, WINDOW_DAYS
from steps import Step, timed

FIRST = date(2025, 8, 1)
LABELS = 100


def main(
    folder: Path,
    alerts: Annotated[int, typer.Option(min=200)] = 20_000,
    days: Annotated[int, typer.Option(min=3)] = 11,
) -> None:
    """Simulate once, load day after day into a new warehouse, and print what each `dbt run` took."""
    os.environ |= {"TRAINER_TARGET": "embedded", "TRAINER_WAREHOUSE": str((folder / "warehouse").resolve())}
    if (folder / "warehouse").exists():
        raise SystemExit(f"{folder / 'warehouse'} exists; remove it first")
    data, dates = folder / "data", [FIRST + timedelta(days=number) for number in range(days)]
    if not data.exists():
        given = ("--alerts", alerts, "--dates", ",".join(map(str, dates)), "--window-days", WINDOW_DAYS)
        timed("trainer", "simulate", data, *given)
    os.environ["DBT_TARGET_PATH"] = str((folder / "target").resolve())
    print(f"{os.cpu_count()} cores, {platform.machine()}; {days} days of {alerts:,} alerts\n")
    timed("trainer", "init")
    timed("dbt", "parse")
    print("| `dbt run` after | wall | CPU | peak memory | CPU, × the first |\n|---|---|---|---|---|")
    _load(data, dates[:1])
    first = _report("the first day", timed("dbt", "run"), None)
    _load(data, dates[1:-1])
    _report(f"{days - 2} more days at once", timed("dbt", "run"), first)
    _load(data, dates[-1:])
    _report("one more day", timed("dbt", "run"), first)
    labels = pd.read_csv(data / "custom-labels" / f"{NETWORK}_custom_labels.csv")
    for step, rows in enumerate((slice(0, LABELS), slice(LABELS, 2 * LABELS))):
        file = folder / f"labels-{step}.csv"
        labels.drop_duplicates("address").iloc[rows].assign(processing_date=str(dates[-1])).to_csv(file, index=False)
        timed("trainer", "labels", "add", file)
        _report(f"{LABELS} labels of {'a known' if step else 'a new'} source for the last day", timed("dbt", "run"), first)
    _report("nothing new", timed("dbt", "run"), first)


def _load(data: Path, dates: list[date]) -> None:
    for day in dates:
        timed("trainer", "ingest", data / "snapshots" / NETWORK / str(day) / str(WINDOW_DAYS))


def _report(name: str, step: Step, first: float | None) -> float:
    print(
        f"| {name} | {step.wall:.1f} s | {step.cpu:.1f} s | {step.peak:.2f} GB | {step.cpu / (first or step.cpu):.2f} |",
        flush=True,
    )
    return step.cpu


if __name__ == "__main__":
    typer.run(main)

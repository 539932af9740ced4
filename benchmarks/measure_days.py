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
from measure_speed import NETWORK, WINDOW_DAYS, _step

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
        given = ["--alerts", str(alerts), "--dates", ",".join(map(str, dates)), "--window-days", str(WINDOW_DAYS)]
        _step(["trainer", "simulate", str(data), *given])
    run = ["dbt", "run", "--target-path", str((folder / "target").resolve())]
    print(f"{os.cpu_count()} cores, {platform.machine()}; {days} days of {alerts:,} alerts\n")
    _step(["trainer", "init"])
    _step(["dbt", "parse", *run[2:]])
    print("| `dbt run` after | wall | CPU | peak memory | CPU, × the first |\n|---|---|---|---|---|")
    _load(data, dates[:1])
    first = _report("the first day", _step(run), None)
    _load(data, dates[1:-1])
    _report(f"{days - 2} more days at once", _step(run), first)
    _load(data, dates[-1:])
    _report("one more day", _step(run), first)
    labels = pd.read_csv(data / "custom-labels" / f"{NETWORK}_custom_labels.csv")
    for step, rows in enumerate((slice(0, LABELS), slice(LABELS, 2 * LABELS))):
        file = folder / f"labels-{step}.csv"
        labels.drop_duplicates("address").iloc[rows].assign(processing_date=str(dates[-1])).to_csv(file, index=False)
        _step(["trainer", "labels", "add", str(file)])
        _report(f"{LABELS} labels of {'a known' if step else 'a new'} source for the last day", _step(run), first)
    _report("nothing new", _step(run), first)


def _load(data: Path, dates: list[date]) -> None:
    for day in dates:
        _step(["trainer", "ingest", str(data / "snapshots" / NETWORK / str(day) / str(WINDOW_DAYS))])


def _report(name: str, found: tuple[float, float, float], first: float | None) -> float:
    wall, cpu, peak = found
    print(f"| {name} | {wall:.1f} s | {cpu:.1f} s | {peak:.2f} GB | {cpu / (first or cpu):.2f} |", flush=True)
    return cpu


if __name__ == "__main__":
    typer.run(main)

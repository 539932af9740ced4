"""Measures what docs/performance.md states: ingest, `dbt run` and reading the matrix, on a simulated network of a given size.

python benchmarks/measure_speed.py --alerts 200000 --folder /tmp/speed
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

DAY = date(2025, 8, 1)
WINDOW_DAYS = 90
NETWORK = "simnet"


def main(folder: Path, alerts: Annotated[int, typer.Option(min=1000)] = 200_000, rounds: int = 3) -> None:
    """Simulate once, then time each step in a process of its own, `rounds` times; the smallest figure counts."""
    os.environ["TRAINER_WAREHOUSE"] = str((folder / "warehouse").resolve())
    os.environ["TRAINER_TARGET"] = "embedded"
    data = folder / "data"
    if not data.exists():
        _step(["trainer", "simulate", str(data), "--alerts", str(alerts), "--dates", str(DAY), "--window-days", str(WINDOW_DAYS)])
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; {alerts} alerts")
    _report("trainer init", [_step(["trainer", "init"])])
    _report("trainer ingest", [_step(["trainer", "ingest", str(data / "snapshots")]) for _ in range(rounds)])
    _step(["trainer", "labels", "add", str(data / "custom-labels" / f"{NETWORK}_custom_labels.csv")])
    _step(["dbt", "run"])  # parses; the next ones find the project parsed, as in daily use
    _report("dbt parse (its own start)", [_step(["dbt", "parse"]) for _ in range(rounds)])
    _report("dbt run", [_step(["dbt", "run"]) for _ in range(rounds)])
    for rows in ("scoring", "training"):
        _report(f"matrix read, {rows}", [_read(rows) for _ in range(rounds)])


def _step(command: list[str]) -> tuple[float, float, float]:
    """Run a command of the environment; return its wall seconds, CPU seconds and peak memory in GB."""
    started = time.perf_counter()
    program = [str(Path(sys.executable).parent / command[0]), *command[1:]]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def _read(rows: str) -> tuple[float, float, float]:
    """Read the matrix once in a fresh process, timed within it, connecting left out."""
    code = f"""
import resource, time
from datetime import date
from trainer.warehouse.client import connect
from trainer.data.dataset import read_scoring, read_training
from trainer.data.selection import Selection
import pandas, pyarrow
selection = Selection({NETWORK!r}, date.fromisoformat("{DAY}"), date.fromisoformat("{DAY}"), {WINDOW_DAYS})
with connect() as client:
    client.query_arrow("SELECT 1")
    wall, cpu = time.perf_counter(), time.process_time()
    data = read_scoring(client, "alert_scorer", selection) if {rows == "scoring"} else read_training(
        client, "alert_scorer", selection, "address_labels")
    print(time.perf_counter() - wall, time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    wall, cpu, peak = map(float, done.stdout.split())
    return wall, cpu, peak


def _report(name: str, found: list[tuple[float, float, float]]) -> None:
    wall, cpu, peak = (min(column) for column in zip(*found, strict=True))
    print(f"| {name} | {wall:.1f} s | {cpu:.1f} s | {peak:.2f} GB |", flush=True)


if __name__ == "__main__":
    typer.run(main)

"""Measures what standing labels cost: 5,000,000 of them and 12 snapshots of 200,000 addresses, against stamped labels.

The stamped labels are those that apply, stamped with each snapshot, so that both warehouses have the same votes.

python benchmarks/measure_standing_labels.py FOLDER
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

SNAPSHOTS = 12
DATE = "addMonths(toDate('2024-01-01'), {snapshot}) AS processing_date"
KEY = f"'simnet' AS network, {DATE}, toUInt16(90) AS window_days"
# One address in five is in the next snapshot, too; a list has four times as many addresses as all snapshots together.
ADDRESS = "concat('0x', lower(hex(sipHash128({number}))), '00000000') AS address"
LABEL = "'x' AS label, if(sipHash64({number}, 'risky') % 5 = 0, 'high', 'low') AS risk_level, toFloat32(0.9) AS confidence_score"
COLUMNS = "network, address, label, risk_level, confidence_score, source"


def main(
    folder: Path,
    labels: Annotated[int, typer.Option(min=1000)] = 5_000_000,
    addresses: Annotated[int, typer.Option(min=100)] = 200_000,
    rounds: int = 2,
) -> None:
    """Fill two warehouses once, then time `dbt run` of all label models in turn and print the minima and their ratio."""
    kinds = ("stamped", "standing")
    for kind in kinds:
        _use(folder, kind)
        if not (folder / kind).exists():
            _run("trainer", "init")
            _fill(kind, labels, addresses)
            _run("dbt", "run", "--select", "staging", "catalog", "labels")
    runs: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind in kinds:
            _use(folder, kind)
            runs[kind].append(_run("dbt", "run", "--select", "labels"))
    minima = {kind: [min(column) for column in zip(*runs[kind], strict=True)] for kind in kinds}
    for kind in kinds:
        _use(folder, kind)
        wall, cpu, peak = minima[kind]
        print(f"| {kind}, {_count('int_label_votes'):,} votes | {wall:.1f} s | {cpu:.1f} s | {peak:.2f} GB |")
    wall, cpu, _ = (standing / stamped for standing, stamped in zip(minima["standing"], minima["stamped"], strict=True))
    print(f"| ratio | {wall:.2f} | {cpu:.2f} | |")


def _use(folder: Path, kind: str) -> None:
    os.environ["TRAINER_WAREHOUSE"] = str((folder / kind).resolve())
    os.environ["TRAINER_TARGET"] = "embedded"


def _fill(kind: str, labels: int, addresses: int) -> None:
    from trainer import connect

    with connect() as client:
        step = addresses * 4 // 5
        for snapshot in range(SNAPSHOTS):
            key = KEY.format(snapshot=snapshot)
            start = snapshot * step
            client.command(
                "INSERT INTO raw_features (network, processing_date, window_days, address) "
                f"SELECT {key}, {ADDRESS.format(number='number')} FROM numbers({start}, {addresses})"
            )
            if kind == "stamped":
                client.command(
                    f"INSERT INTO raw_address_labels (processing_date, window_days, {COLUMNS}) "
                    f"SELECT processing_date, window_days, {COLUMNS} FROM (SELECT {key}, {ADDRESS.format(number='4 * number')}, "
                    f"{LABEL.format(number='4 * number')}, concat('list ', toString(number % 7)) AS source "
                    f"FROM numbers(intDiv({start} + 3, 4), {labels}) WHERE 4 * number < {start + addresses})"
                )
        if kind == "standing":
            client.command(
                f"INSERT INTO raw_standing_labels ({COLUMNS}) SELECT 'simnet' AS network, {ADDRESS.format(number='4 * number')}, "
                f"{LABEL.format(number='4 * number')}, concat('list ', toString(number % 7)) AS source FROM numbers({labels})"
            )


def _count(table: str) -> int:
    from trainer import connect

    with connect() as client:
        return int(client.query(f"SELECT count() FROM {table}").result_rows[0][0])


def _run(program: str, *arguments: str) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and peak memory in GB of a command of this environment."""
    started = time.perf_counter()
    command = [str(Path(sys.executable).parent / program), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{program} {' '.join(arguments)} failed")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


if __name__ == "__main__":
    typer.run(main)

"""Measures the time of the label models in docs/performance.md: 8,000,000 votes on 2,000,000 addresses.

python benchmarks/measure_labels.py FOLDER
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

SNAPSHOT = "'simnet' AS network, toDate('2025-08-01') AS processing_date, toUInt16(90) AS window_days"
ADDRESS = "'0x' || lower(hex(sipHash128(number))) || '00000000' AS address"
SOURCES = 8  # Python strategies, each with a coverage of 47 % and an accuracy of 60 to 88 %
GOLD = 0.12  # share of addresses with a source-of-truth label, and as many with a custom label


def main(folder: Path, addresses: Annotated[int, typer.Option(min=1000)] = 2_000_000, rounds: int = 2) -> None:
    """Fill the raw tables once, then time `dbt run` of all label models and print the minima."""
    os.environ["TRAINER_WAREHOUSE"] = str((folder / "warehouse").resolve())
    os.environ["TRAINER_TARGET"] = "embedded"
    if not folder.exists():
        _run("trainer", "init")
        _fill(addresses)
        _run("dbt", "seed")
        _run("dbt", "run", "--select", "staging", "catalog", "labels")
    runs = [_run("dbt", "run", "--select", "labels") for _ in range(rounds)]
    wall, cpu, peak = (min(column) for column in zip(*runs, strict=True))
    print(f"| label models, {_votes():,} votes on {addresses:,} addresses | {wall:.1f} s | {cpu:.1f} s | {peak:.2f} GB |")


def _fill(addresses: int) -> None:
    from trainer import connect

    with connect() as client:
        client.command(
            "INSERT INTO raw_features (network, processing_date, window_days, address) "
            f"SELECT {SNAPSHOT}, {ADDRESS} FROM numbers({addresses})"
        )
        for source in range(SOURCES):
            client.command(
                "INSERT INTO raw_derived_votes (network, processing_date, window_days, address, strategy, vote) "
                f"SELECT {SNAPSHOT}, {ADDRESS}, 'source_{source}', {_vote(60 + 4 * source, source)} FROM numbers({addresses}) "
                f"WHERE sipHash64(number, {source}, 'votes') % 100 < 47"
            )
        for table, accuracy in (("address_labels", 96), ("raw_address_labels", 80)):
            client.command(
                f"INSERT INTO {table} "
                "(network, processing_date, window_days, address, label, risk_level, confidence_score, source) "
                f"SELECT {SNAPSHOT}, {ADDRESS}, 'x', if({_vote(accuracy, table)}, 'high', 'low'), 0.9, '{table}' "
                f"FROM numbers({addresses}) WHERE sipHash64(number, '{table}', 'votes') % 100 < {100 * GOLD}"
            )


def _vote(accuracy: int, source: object) -> str:
    """Return SQL for a vote with an accuracy in percent; one address in five is risky."""
    return f"toUInt8((sipHash64(number, 'truth') % 5 = 0) = (sipHash64(number, '{source}', 'right') % 100 < {accuracy}))"


def _votes() -> int:
    from trainer import connect

    with connect() as client:
        return int(client.query("SELECT count() FROM int_label_votes").result_rows[0][0])


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

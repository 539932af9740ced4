"""Measures what standing labels cost in docs/performance.md: 5,000,000 of them on 12 snapshots, against the same votes stamped.

python benchmarks/measure_standing_labels.py FOLDER
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trainer.warehouse import Client

SNAPSHOTS = 12  # one a month; each shares three quarters of its addresses with the one before
LABELLED = 12  # percent of the snapshots' addresses with a label; all other labels are of addresses that occur nowhere
DATED = 30  # percent of the labels that hold only from a day of 2025 on; the others always have
ADDRESS = "concat('0x', lower(hex(sipHash128(id))), '00000000')"
LABEL = {
    "address": ADDRESS,
    "label": "'x'",
    "risk_level": "if(sipHash64(id, 'truth') % 5 = 0, 'high', 'low')",
    "confidence_score": "0.9",
    "source": "concat('list ', toString(id % 5))",
}
VALID_FROM = f"if(sipHash64(id, 'dated') % 100 < {DATED}, toDate('2025-01-01') + sipHash64(id) % 365, toDate(0))"
IS_LABELLED = f"sipHash64(id, 'labelled') % 100 < {LABELLED}"
ELSEWHERE = 1_000_000_000  # first number of the addresses that occur nowhere


def main(
    folder: Path,
    labels: Annotated[int, typer.Option(min=10_000)] = 5_000_000,
    addresses: Annotated[int, typer.Option(min=1000)] = 200_000,
    rounds: int = 2,
) -> None:
    """Fill two warehouses once, then time `dbt run` of all label models on both in turn, and print the minima and their ratio."""
    os.environ["TRAINER_TARGET"] = "embedded"
    kinds = ("stamped", "standing")
    if not folder.exists():
        for kind in kinds:
            _use(folder, kind)
            _run("trainer", "init")
            _fill(kind, labels, addresses)
            _run("dbt", "seed")
            _run("dbt", "run", "--select", "staging", "catalog", "labels")
    runs: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in kinds}
    votes = {}
    for _ in range(rounds):
        for kind in kinds:
            _use(folder, kind)
            runs[kind].append(_run("dbt", "run", "--select", "labels"))
            votes[kind] = _votes()
    if votes["stamped"] != votes["standing"]:
        raise SystemExit(f"The votes differ: {votes}")
    best = [[min(column) for column in zip(*runs[kind], strict=True)] for kind in kinds]
    for kind, (wall, cpu, peak) in zip(kinds, best, strict=True):
        print(f"| label models, {votes[kind][0]:,} votes of {kind} labels | {wall:.1f} s | {cpu:.1f} s | {peak:.2f} GB |")
    wall, cpu, peak = (standing / stamped for stamped, standing in zip(*best, strict=True))
    print(f"| ratio, {labels:,} labels on {SNAPSHOTS} × {addresses:,} addresses | {wall:.2f} | {cpu:.2f} | {peak:.2f} |")


def _use(folder: Path, kind: str) -> None:
    os.environ["TRAINER_WAREHOUSE"] = str((folder / kind).resolve())


def _fill(kind: str, labels: int, addresses: int) -> None:
    from trainer import connect

    step = addresses // 4
    with connect() as client:
        for snapshot in range(SNAPSHOTS):
            day = f"addMonths(toDate('2025-01-15'), {snapshot})"
            key = {"network": "'simnet'", "processing_date": day, "window_days": "90"}
            occurring = f"(SELECT {snapshot * step} + number AS id FROM numbers({addresses}))"
            _insert(client, "raw_features", key | {"address": ADDRESS}, occurring)
            if kind == "stamped":
                _insert(client, "raw_address_labels", key | LABEL, f"{occurring} WHERE {IS_LABELLED} AND {VALID_FROM} <= {day}")
        if kind == "standing":
            distinct = addresses + (SNAPSHOTS - 1) * step
            listed = f"SELECT number AS id FROM numbers({distinct}) WHERE {IS_LABELLED}"
            others = f"SELECT {ELSEWHERE} + number AS id FROM numbers({labels - distinct * LABELLED // 100})"
            columns = {"network": "'simnet'", **LABEL, "valid_from": VALID_FROM}
            _insert(client, "raw_standing_labels", columns, f"({listed} UNION ALL {others})")


def _insert(client: Client, table: str, columns: dict[str, str], rows: str) -> None:
    client.command(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {rows}")


def _votes() -> tuple[int, int]:
    """Return number and content of the gold votes."""
    from trainer import connect

    with connect() as client:
        query = "SELECT count(), sum(cityHash64(address_key, vote, source)) FROM int_label_votes WHERE kind = 'gold'"
        ((count, content),) = client.query(query).result_rows
    return int(count), int(content)


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

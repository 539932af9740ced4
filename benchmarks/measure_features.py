"""Measures what the families of graph features cost to build: seconds of each model's query, processor time and peak memory.

python benchmarks/measure_features.py FOLDER [--addresses 200000] [--shape power|star]

A random flow graph with three flows per address, whose degrees are skewed (`power`), or one address that all others pay (`star`,
one flow each), is put into a warehouse of its own. The models are those that the families need and no other feature does.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from feature_tables import COMPUTED, GRAPH

# Columns of the export that have values; the rest of raw_features is missing.
SCORES = ("velocity_score", "structuring_score", "regularity_score", "counterparty_stability", "flow_burstiness",
          "daily_entropy", "night_transaction_ratio", "behavioral_anomaly_score", "neighborhood_anomaly_score",
          "suspicious_pattern_score")  # fmt: skip
# A tenth of the values of each score is missing. Run in a process of its own: a process can open only one embedded warehouse.
FILL = """
import sys
from trainer import connect
n, shape, scores = int(sys.argv[1]), sys.argv[2], sys.argv[3].split(",")
key = "'simnet' AS network, toDate('2025-08-01') AS processing_date, 90 AS window_days"
address = "concat('0x', leftPad(hex(sipHash64(toUInt64({}))), 40, '0'))"
values = ", ".join(f"if(rand({k}) % 10 = 0, NULL, randCanonical({k + 100})) AS {name}" for k, name in enumerate(scores))
ends = {
    "power": (3 * n, f"floor(pow(randCanonical(1), 3) * {n})", f"floor(pow(randCanonical(2), 2) * {n})"),
    "star": (n - 1, "number + 1", "0"),
}
flows, payer, payee = ends[shape]
with connect() as client:
    client.command(f"INSERT INTO raw_features (network, processing_date, window_days, address, kcore, {', '.join(scores)}) "
                   f"SELECT {key}, {address.format('number')}, rand(99) % 20, {values} FROM numbers({n})")
    client.command("INSERT INTO raw_money_flows (network, processing_date, window_days, from_address, to_address, tx_count, "
                   "amount_usd_sum, first_seen_timestamp, last_seen_timestamp, active_days) "
                   f"SELECT {key}, {address.format(payer)}, {address.format(payee)}, 1 + rand(3) % 9, "
                   "toDecimal128(exp(randNormal(5, 2, 4)), 18), 1750000000 + rand(5) % 3000000, 1753000000 + rand(6) % 3000000, "
                   f"1 + rand(7) % 5 FROM numbers({flows})")
    print(client.query("SELECT count() FROM raw_money_flows FINAL").result_rows[0][0])
"""


def main(
    folder: Path,
    addresses: Annotated[int, typer.Option(min=100)] = 200_000,
    shape: Annotated[str, typer.Option(help="power or star")] = "power",
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    family: Annotated[list[str], typer.Option(help="Only these families.")] = list(GRAPH),  # noqa: B006
) -> None:
    """Fill a warehouse once, then build the families' models `rounds` times; the smallest figure counts."""
    place = folder / f"{shape}-{addresses}"
    os.environ |= {"TRAINER_TARGET": "embedded", "TRAINER_WAREHOUSE": str((place / "warehouse").resolve())}
    target = ("--target-path", str((place / "target").resolve()), *COMPUTED)
    if not (place / "filled").exists():
        place.mkdir(parents=True, exist_ok=True)
        _run("trainer", "init")
        flows = int(_run("python", "-c", FILL, str(addresses), shape, ",".join(SCORES))[0])
        _run("dbt", "seed", *target)
        _run("dbt", "run", "--select", "stg_features", "stg_money_flows", "+int_features__flows", *target)
        (place / "filled").write_text(f"{addresses:,} addresses, {flows:,} flows", encoding="utf-8")
    models = [f"+int_features__{name}" for name in family]
    old = ["--exclude", "+int_features__flows", "stg_features", "resource_type:seed"]
    build = ("dbt", "run", "--full-refresh", "--threads", "1", "--select", *models, *old, *target)
    # The second time the project is parsed already, as it is for what is measured.
    _, idle, idle_memory = [_run("dbt", "run", "--select", "stg_features", *target) for _ in range(2)][-1]
    found = []
    for _ in range(rounds):
        _, processor, memory = _run(*build)
        found.append((_seconds(place), processor, memory))
    print(f"{(place / 'filled').read_text(encoding='utf-8')} ({shape}); {os.cpu_count()} cores, {platform.machine()}\n")
    print("| model | s |\n|---|---|")
    for model in found[0][0]:
        print(f"| `{model}` | {min(seconds[model] for seconds, _, _ in found):.2f} |")
    print(f"| all | {min(sum(seconds.values()) for seconds, _, _ in found):.2f} |")
    print(f"\nProcessor time: {min(processor for _, processor, _ in found) - idle:.1f} s more than an idle dbt's {idle:.1f} s")
    print(f"Peak memory: {min(memory for _, _, memory in found):.2f} GB, of an idle dbt {idle_memory:.2f} GB")


def _seconds(place: Path) -> dict[str, float]:
    """Return model → seconds of its query in the last run."""
    results = json.loads((place / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {
        result["unique_id"].rpartition(".")[2]: result["execution_time"]
        for result in results
        if result["unique_id"].startswith("model.")
    }


def _run(program: str, *arguments: str) -> tuple[str, float, float]:
    """Run a command of the environment; return its output, its processor seconds and its peak memory in GB."""
    command = [str(Path(sys.executable).parent / program), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{program} {' '.join(arguments)} failed: {output}")
    return output, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


if __name__ == "__main__":
    typer.run(main)

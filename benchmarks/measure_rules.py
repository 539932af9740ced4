"""Measures the coverage and precision of the label rules in docs/labels.md, on simulated networks with known truth.

python benchmarks/measure_rules.py /tmp/rules
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import typer

WINDOW_DAYS = 90
DATES = {"one": "2025-08-01", "two": "2025-08-01,2025-10-01"}
# Run in a process of its own, because a process can open one embedded warehouse.
READ = """
import sys
from trainer import connect
with connect() as client:
    client.query_df(
        "SELECT votes.address AS address, rule_id, vote, gold.address IS NULL AS unlabelled, "
        "(SELECT count() FROM stg_features) AS addresses FROM int_label_votes AS votes "
        "LEFT JOIN int_label_strategy__address_labels AS gold ON gold.address_key = votes.address_key "
        "WHERE kind IN ('heuristic', 'propagated')"
    ).to_parquet(sys.argv[1])
"""


def main(folder: Path, alerts: int = 5_000, seeds: int = 3) -> None:
    """Simulate, ingest, run dbt and compare the votes with the truth, for each number of dates and each seed."""
    networks = [
        _measure(folder / f"{name}-{seed}", dates, alerts, seed) for name, dates in DATES.items() for seed in range(1, seeds + 1)
    ]
    votes = pd.concat(networks)
    addresses = votes.groupby("network")["addresses"].first().sum()
    risky = votes.groupby("network")["risky_share"].first().mean()
    print("| rule | coverage | precision | lowest, highest network | unlabelled | lift |\n|---|---|---|---|---|---|")
    for rule, rows in votes.groupby("rule_id"):
        by_network = rows.groupby("network")["right"].mean()
        precision, chance = rows["right"].mean(), risky if rows["vote"].iloc[0] else 1 - risky
        unlabelled = rows.loc[rows["unlabelled"] == 1, "right"].mean()
        print(
            f"| `{rule}` | {len(rows) / addresses:.1%} | {precision:.2f} | {by_network.min():.2f}, {by_network.max():.2f} "
            f"| {unlabelled:.2f} | {precision / chance:.1f} |"
        )


def _measure(folder: Path, dates: str, alerts: int, seed: int) -> pd.DataFrame:
    """Return a row per vote with the columns `right`, `network` and `risky_share`."""
    os.environ |= {"TRAINER_TARGET": "embedded", "TRAINER_WAREHOUSE": str((folder / "warehouse").resolve())}
    data, network = folder / "data", "torus"
    size = ["--alerts", str(alerts), "--dates", dates, "--window-days", str(WINDOW_DAYS), "--seed", str(seed)]
    _run("trainer", "simulate", str(data), "--network", network, *size)
    _run("trainer", "init")
    _run("trainer", "ingest", str(data / "snapshots"))
    _run("trainer", "labels", "add", str(data / "custom-labels" / f"{network}_custom_labels.csv"))
    _run("dbt", "seed")
    _run("dbt", "run", "--select", "+int_label_votes")
    _run("python", "-c", READ, str(folder / "votes.parquet"))
    votes = pd.read_parquet(folder / "votes.parquet")
    truth = pd.read_parquet(data / "truth" / f"{network}_truth.parquet").set_index("address")["is_illicit"]
    is_risky = votes["address"].map(truth).astype(bool)
    return votes.assign(right=is_risky == (votes["vote"] == 1), network=folder.name, risky_share=truth.mean())


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run([Path(sys.executable).parent / program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(arguments)} failed: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    typer.run(main)

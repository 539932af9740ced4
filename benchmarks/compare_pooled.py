"""Compares models of pooled networks with models of one, on the hidden truth of a network that the pool lacks.

    python benchmarks/compare_pooled.py FOLDER [--seeds 5] [--alerts 10000] [--small 2500]

Each seed is three simulated networks: `large` and `small`, which are pooled, and `other`. Only alerts on addresses of which no
gold label speaks count, so that no model was trained on them; their scores are held against the hidden truth.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from trainer import ModelTraining, connect
from trainer.labels import read_truth
from trainer.training import SETS, against_truth, predict

DAY, WINDOW = "2025-09-01", 90
POOLED = ["large", "small"]
MODELS: dict[str, dict[str, Any]] = {
    "pooled": {"network": POOLED},
    "pooled, networks balanced": {"network": POOLED, "balance_networks": True},
    "large alone": {"network": "large"},
    "small alone": {"network": "small"},
    "other alone": {"network": "other"},
}
NETWORKS = ("large", "small", "other")


def main(
    folder: Path,
    seeds: Annotated[int, typer.Option(min=1)] = 5,
    alerts: Annotated[int, typer.Option(min=1000)] = 10_000,
    small: Annotated[int, typer.Option(min=1000, help="Alerts of the network `small`.")] = 2500,
) -> None:
    """Print the AUC on the hidden truth of each network by model, and what the pooled model's evaluation expects of `other`."""
    measured = [_measured(folder / str(seed), seed, {"large": alerts, "small": small, "other": alerts}) for seed in range(seeds)]
    for network in NETWORKS:
        print(f"\nAUC on the hidden truth of `{network}`, addresses without a gold label\n")
        print(_table(pd.DataFrame({seed: one["truth"][network] for seed, one in enumerate(measured)})))
    print("\nThe pooled model's AUC on gold rows, and that of a model of the other network\n")
    print(_table(pd.DataFrame({seed: one["gold"] for seed, one in enumerate(measured)})))


def _measured(folder: Path, seed: int, sizes: dict[str, int]) -> dict[str, Any]:
    """Return what `measure` finds for one seed. Each step is a child process: an embedded warehouse is open in one at a time."""
    os.environ["TRAINER_WAREHOUSE"] = str((folder / "warehouse").resolve())
    os.environ["TRAINER_ARTIFACTS"] = str((folder / "artifacts").resolve())
    os.environ["TRAINER_TARGET"] = "embedded"
    if not folder.exists():
        for number, (network, alerts) in enumerate(sizes.items()):
            data = folder / "data" / network
            world = ["--network", network, "--seed", str(seed * len(sizes) + number)]
            _run("trainer", "simulate", str(data), "--alerts", str(alerts), "--dates", DAY, "--window-days", str(WINDOW), *world)
            _run("trainer", "ingest", str(data / "snapshots"))
            _run("trainer", "labels", "add", str(data / "custom-labels" / f"{network}_custom_labels.csv"))
        _run("dbt", "seed")
        _run("dbt", "run")
    done = subprocess.run([sys.executable, __file__, "measure", str(folder)], check=True, capture_output=True, text=True)
    print(f"seed {seed}: {done.stdout.strip()}", file=sys.stderr)
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def measure(folder: Path) -> dict[str, Any]:
    """Return the AUC on the hidden truth by network and model, and the AUC on gold rows of the pooled model by network."""
    truths = {name: read_truth(folder / "data" / name / "truth" / f"{name}_truth.parquet") for name in NETWORKS}
    found: dict[str, dict[str, float]] = {name: {} for name in NETWORKS}
    gold: dict[str, float] = {}
    with connect() as client:
        for model, how in MODELS.items():
            fitted = ModelTraining(start_date=DAY, end_date=DAY, client=client, window_days=WINDOW, **how).run()
            if model == "pooled":
                for name, one in fitted.by_network.items():
                    gold[name] = one["metrics"]["auc"]["value"]
                    gold[f"{name}, left out"] = one["left_out"]["metrics"]["auc"]["value"]
            for network in NETWORKS:
                scored = predict(client, network, pd.Timestamp(DAY).date(), WINDOW, fitted.model_id)
                graded = against_truth(client, scored, fitted.label_strategy, truths[network])
                found[network][model] = next(one.auc["value"] for one in graded if one.name == next(iter(SETS)))
    return {"truth": found, "gold": gold}


def _table(results: pd.DataFrame) -> str:
    lines = [
        "| model | mean | " + " | ".join(f"seed {seed}" for seed in results) + " |",
        "|---" * (len(results.columns) + 2) + "|",
    ]
    lines += [
        f"| {name} | {row.mean():.4f} | " + " | ".join(f"{value:.4f}" for value in row) + " |" for name, row in results.iterrows()
    ]
    return "\n".join(lines)


def _run(program: str, *arguments: str) -> None:
    subprocess.run([str(Path(sys.executable).parent / program), *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        typer.run(main)

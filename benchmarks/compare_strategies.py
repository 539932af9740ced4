"""Compares label strategies by the AUC, on the hidden truth, of models trained on their labels.

    python benchmarks/compare_strategies.py FOLDER [--seeds 5] [--alerts 8000] [--check]

Each seed is a simulated network with source-of-truth and custom labels. For every strategy, XGBoost with the guide's settings is
cross-validated over folds of addresses: each model scores the alerts of the held-out addresses, labelled or not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

NETWORK = "simnet"
STRATEGIES = ("sot_only", "address_labels", "custom_priority", "weighted_vote", "label_model")
FOLDS = 3
MINIMUM_GAIN = 0.02


def main(
    folder: Path,
    seeds: Annotated[int, typer.Option(min=1)] = 5,
    alerts: Annotated[int, typer.Option(min=1000)] = 8000,
    check: Annotated[bool, typer.Option(help="Exit with 1 when label_model gains less than 0.02 over sot_only.")] = False,
) -> None:
    """Print the AUC of each strategy, on average and by seed."""
    results = pd.DataFrame({seed: _measured(folder / str(seed), seed, alerts) for seed in range(seeds)})
    print(_table(results))
    gain = results.loc["label_model"] - results.loc["sot_only"]
    print(f"\nlabel_model over sot_only: {gain.mean():+.4f} (smallest {gain.min():+.4f})")
    if check and gain.mean() < MINIMUM_GAIN:
        raise typer.Exit(1)


def _measured(folder: Path, seed: int, alerts: int) -> dict[str, float]:
    """Return strategy → AUC for one seed. Each step is a child process: an embedded warehouse is open in one at a time."""
    os.environ["TRAINER_WAREHOUSE"] = str((folder / "warehouse").resolve())
    os.environ["TRAINER_TARGET"] = "embedded"
    data = folder / "data"
    if not data.exists():
        size = ["--alerts", str(alerts), "--dates", "2025-08-01,2025-10-01", "--window-days", "90"]
        _run("trainer", "simulate", str(data), *size, "--network", NETWORK, "--seed", str(seed))
        _run("trainer", "ingest", str(data / "snapshots"))
        _run("trainer", "labels", "add", str(data / "custom-labels" / f"{NETWORK}_custom_labels.csv"))
    _run("dbt", "seed")
    _run("dbt", "run")
    grade = [sys.executable, __file__, "grade", str(data / "truth" / f"{NETWORK}_truth.parquet")]
    done = subprocess.run(grade, check=True, capture_output=True, text=True)
    print(f"seed {seed}: {done.stdout.strip()}", file=sys.stderr)
    results: dict[str, float] = json.loads(done.stdout)
    return results


def grade(truth: Path) -> dict[str, float]:
    """Return strategy → AUC on the truth of all alerts, each scored by a model that has not seen its address."""
    from trainer import connect
    from trainer.data.dataset import read_scoring, read_training
    from trainer.data.selection import resolve_selection

    is_illicit = pd.read_parquet(truth).set_index("address")["is_illicit"]
    with connect() as client:
        selection = resolve_selection(client, "alert_scorer", NETWORK, None, None, None)
        everything = read_scoring(client, "alert_scorer", selection)
        labelled = {name: read_training(client, "alert_scorer", selection, name) for name in STRATEGIES}
    address = np.array(everything.keys["address"].to_pylist(), dtype=object)
    risky = is_illicit.reindex(address).to_numpy().astype(int)
    folds = pd.util.hash_array(address) % FOLDS
    results = {"the truth": _auc(everything.X, risky, folds, everything.X, risky.astype(float), np.ones(len(risky)), folds)}
    for name, data in labelled.items():
        own = pd.util.hash_array(np.array(data.keys["address"].to_pylist(), dtype=object)) % FOLDS
        names = [feature.name for feature in everything.features]
        columns = data.frame()[names].to_numpy()
        results[name] = _auc(everything.X, risky, folds, columns, data.y, data.weight, own)
    return results


def _auc(
    X: np.ndarray, risky: np.ndarray, folds: np.ndarray, own: np.ndarray, y: np.ndarray, weight: np.ndarray, own_folds: np.ndarray
) -> float:
    from sklearn.metrics import roc_auc_score

    from trainer.models import XGBoostTrainer

    proba = np.full(len(X), np.nan)
    for fold in range(FOLDS):
        training, held_out = own_folds != fold, folds == fold
        model = XGBoostTrainer(preset="guide")
        model.train(pd.DataFrame(own[training]), pd.Series(y[training]), pd.Series(weight[training]))
        proba[held_out] = model.predict(pd.DataFrame(X[held_out]))
    return float(roc_auc_score(risky, proba))


def _table(results: pd.DataFrame) -> str:
    lines = [
        "| labels | mean AUC | " + " | ".join(f"seed {seed}" for seed in results) + " |",
        "|---" * (len(results.columns) + 2) + "|",
    ]
    lines += [
        f"| {name} | {row.mean():.4f} | " + " | ".join(f"{value:.4f}" for value in row) + " |" for name, row in results.iterrows()
    ]
    return "\n".join(lines)


def _run(program: str, *arguments: str) -> None:
    subprocess.run([str(Path(sys.executable).parent / program), *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["grade"]:
        print(json.dumps(grade(Path(sys.argv[2]))))
    else:
        typer.run(main)

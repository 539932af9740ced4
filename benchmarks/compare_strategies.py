"""Compares label strategies by models trained on their labels, with `trainer compare`, on gold labels and on the hidden truth.

    python benchmarks/compare_strategies.py FOLDER [--seeds 5] [--alerts 8000] [--check]

Each seed is a simulated network with source-of-truth and custom labels. A model trained on the truth itself, which no user
has, is the upper bound. The second table says whether what `compare` concludes from gold labels agrees with the hidden truth.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from trainer import LabelStrategy, compare, connect
from trainer.labels import read_truth

NETWORK = "simnet"
STRATEGIES = ("sot_only", "address_labels", "custom_priority", "weighted_vote", "label_model")
MINIMUM_GAIN = 0.02


class Truth(LabelStrategy):
    """The hidden truth as labels."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:  # noqa: ARG002
        """Label each row with the truth about its address."""
        known = pd.read_parquet(self.path).set_index("address")["is_illicit"]
        return alerts_df.assign(label=known.reindex(alerts_df["address"]).to_numpy().astype(float))


def main(
    folder: Path,
    seeds: Annotated[int, typer.Option(min=1)] = 5,
    alerts: Annotated[int, typer.Option(min=1000)] = 8000,
    check: Annotated[
        bool, typer.Option(help="Exit with 1 when label_model gains less than 0.02 over sot_only, or a conclusion is wrong.")
    ] = False,
) -> None:
    """Print the AUC on the hidden truth of each strategy, and what gold labels say about label_model against sot_only."""
    measured = [_measured(folder / str(seed), seed, alerts) for seed in range(seeds)]
    results = pd.DataFrame({seed: one["truth"] for seed, one in enumerate(measured)})
    print(_table(results))
    print("\n| seed | label_model − sot_only on gold labels | on the hidden truth | conclusion |\n|---|---|---|---|")
    for seed, one in enumerate(measured):
        print(f"| {seed} | {_shown(one['gold_difference'])} | {_shown(one['truth_difference'])} | {_agreement(one)} |")
    gain = results.loc["label_model"] - results.loc["sot_only"]
    print(f"\nlabel_model over sot_only: {gain.mean():+.4f} (smallest {gain.min():+.4f})")
    if check and (gain.mean() < MINIMUM_GAIN or any(_agreement(one) == "wrong" for one in measured)):
        raise typer.Exit(1)


def _measured(folder: Path, seed: int, alerts: int) -> dict[str, Any]:
    """Return what `grade` finds for one seed. Each step is a child process: an embedded warehouse is open in one at a time."""
    os.environ["TRAINER_WAREHOUSE"] = str((folder / "warehouse").resolve())
    os.environ["TRAINER_ARTIFACTS"] = str((folder / "artifacts").resolve())
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
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def grade(truth: Path) -> dict[str, Any]:
    """Return the AUC on the hidden truth by strategy, and the differences in AUC of label_model from sot_only with intervals."""
    with connect() as client:
        strategies = [*STRATEGIES, Truth(truth)]
        found = compare(client, NETWORK, label_strategies=strategies, models=["xgboost"], truth=read_truth(truth))
    by_strategy = {entry.strategy.rpartition(":")[2]: entry for entry in found.entries}
    modelled = by_strategy["label_model"]
    return {
        "truth": {name: entry.truth["auc"]["value"] for name, entry in by_strategy.items()},
        "gold_difference": modelled.difference["auc"],
        "truth_difference": modelled.truth_difference["auc"],
    }


def _agreement(one: dict[str, Any]) -> str:
    """Return whether a difference that is real on gold labels has the sign of the true one; `open` if none is called real."""
    gold = one["gold_difference"]
    if gold["low"] <= 0 <= gold["high"]:
        return "open"
    return "right" if gold["value"] * one["truth_difference"]["value"] > 0 else "wrong"


def _shown(interval: dict[str, float]) -> str:
    return f"{interval['value']:+.4f} [{interval['low']:+.4f}, {interval['high']:+.4f}]"


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

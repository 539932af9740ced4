"""How far precision on unseen gold rows is from the share of illicit alerts, on a network whose truth is known.

    trainer demo --out FOLDER
    python benchmarks/measure_thresholds.py FOLDER

For each model of the demo and each of some alert budgets: the threshold, precision on unseen gold rows with its 95 % interval,
what the strategy label_model expects of the alerts at or above it, and the simulator's truth, on all of them and on those without
a gold label.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np

BUDGETS = (10, 20, 50, 100, 150)
HEADER = ("labels", "alerts a day", "threshold", "precision on gold", "label_model expects", "illicit", "illicit, no gold label")


def main() -> None:
    """Print the table for a demo folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    os.environ |= {
        "TRAINER_TARGET": "embedded",
        "TRAINER_WAREHOUSE": str((folder / "warehouse").resolve()),
        "TRAINER_ARTIFACTS": str((folder / "artifacts").resolve()),
    }
    from trainer import connect
    from trainer.labels import read_truth
    from trainer.registry import list_models

    (truth_file,) = (folder / "data" / "truth").glob("*_truth.parquet")
    print(f"| {' | '.join(HEADER)} |\n|{'---|' * len(HEADER)}")
    with connect() as client:
        for model in list_models(client):
            for row in rows_of(client, model, read_truth(truth_file)):
                print(f"| {' | '.join(row)} |")


def rows_of(client: Any, model: dict[str, Any], truth: Any) -> list[list[str]]:
    """Return a row of the table per budget."""
    from trainer.data import labels_of
    from trainer.evaluation import at_thresholds, threshold_for_budget
    from trainer.registry import artifact
    from trainer.training import gold_rows, last_snapshot, score_snapshot

    folder = Path(model["model_path"])
    loaded = artifact.load(folder)
    gold, selection = gold_rows(folder, loaded.meta), last_snapshot(client, loaded.meta)
    if gold is None:
        raise SystemExit(f"{model['model_id']} was saved by an earlier version.")
    snapshot = score_snapshot(client, folder, loaded, selection)
    data, scores = snapshot.data, snapshot.scores
    illicit = data.keys["address"].to_pandas().map(truth.on(selection.network)).to_numpy()
    without_gold = ~snapshot.has_gold
    expected, _ = labels_of(client, data, selection, "label_model")
    rows = []
    for budget in BUDGETS:
        threshold = threshold_for_budget(scores, selection.window_days, budget)
        (one,) = at_thresholds(gold.y, gold.scores, gold.groups, np.array([threshold]), loaded.meta.seed)
        above, rate = scores >= threshold, one["precision"]
        said = [f"{rate['value']:.2f} ({rate['low']:.2f} to {rate['high']:.2f})", f"{np.nanmean(expected[above]):.2f}"]
        truths = [f"{illicit[above].mean():.2f}", f"{illicit[above & without_gold].mean():.2f}"]
        rows.append([f"`{model['label_strategy']}`", str(budget), f"{threshold:.3f}", *said, *truths])
    return rows


if __name__ == "__main__":
    main()

"""Writes the graph features of IBM's snapml for the accounts of the AMLSim sample, and prints what they cost as JSON.

python benchmarks/snapml_features.py ARCHIVE OUTPUT.parquet

The preprocessor describes transactions. An account gets the mean and the maximum over the transactions that it is part of.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from feature_tables import ACCOUNT, read_amlsim
from snapml import GraphFeaturePreprocessor

WINDOW = 20  # steps
# Temporal cycles only: simple cycles of up to ten transactions take six times as long as all others together.
PATTERNS = ("fan", "degree", "scatter-gather", "temp-cycle")
EDGE = ["id", "source", "target", "time", "value"]
COLUMN_OF_VALUE = EDGE.index("value")


def main(archive: Path, output: Path) -> None:
    """Compute the features, write them, and print the seconds, the transactions a second and the peak memory."""
    transactions = read_amlsim(archive)[1].sort_values("time", kind="stable", ignore_index=True)
    edges = transactions.assign(id=np.arange(len(transactions)))[EDGE].to_numpy(dtype=np.float64)
    before = resource.getrusage(resource.RUSAGE_SELF)
    clock = time.perf_counter()
    found = preprocessor().fit_transform(np.ascontiguousarray(edges))[:, len(EDGE) :]
    seconds = time.perf_counter() - clock
    after = resource.getrusage(resource.RUSAGE_SELF)
    of_accounts(transactions, found).to_parquet(output)
    cost = {
        "seconds": seconds,
        "processor": after.ru_utime - before.ru_utime,
        "edges_per_second": len(edges) / seconds,
        "peak_gb": after.ru_maxrss / 1e6,
    }
    print(json.dumps(cost))


def preprocessor() -> GraphFeaturePreprocessor:
    """Return the preprocessor with its patterns and vertex statistics, each over the window."""
    chosen = {"num_threads": os.cpu_count(), "time_window": WINDOW, "vertex_stats": True, "vertex_stats_tw": WINDOW}
    chosen |= {"vertex_stats_cols": [COLUMN_OF_VALUE]}
    for pattern in PATTERNS:
        chosen |= {pattern: True, f"{pattern}_tw": WINDOW}
    found = GraphFeaturePreprocessor()
    found.set_params(found.get_params() | chosen)
    return found


def of_accounts(transactions: pd.DataFrame, found: np.ndarray) -> pd.DataFrame:
    """Return a row per account: mean and maximum of each feature that varies, over the account's transactions."""
    varying = found[:, found.min(axis=0) < found.max(axis=0)]
    features = pd.DataFrame(varying, columns=[f"snapml_{number}" for number in range(varying.shape[1])])
    both = pd.concat([features, features], ignore_index=True)
    grouped = both.groupby(np.concatenate([transactions["source"], transactions["target"]]))
    found_of = grouped.mean().add_suffix("_mean").join(grouped.max().add_suffix("_max"))
    return found_of.set_axis(ACCOUNT + found_of.index.astype(str))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

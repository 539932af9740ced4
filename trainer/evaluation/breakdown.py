"""Metrics of groups of rows, such as a typology."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainer.evaluation.metrics import evaluate

METRICS = ("auc", "average_precision")
OTHERS = "others"
MAX_GROUPS = 30


def breakdown(y: np.ndarray, proba: np.ndarray, groups: np.ndarray, names: np.ndarray, seed: int = 0) -> list[dict[str, Any]]:
    """Return the metrics of the rows of each name, the largest first.

    Args:
        y: (n,) 0 or 1.
        proba: (n,) scores.
        groups: (n,) address of each row.
        names: (n,) text, the group of each row. Beyond MAX_GROUPS names, the smallest are `others`.

    Returns:
        {name, rows, positive, auc, average_precision, reason}: a metric has value, low and high, or is None where the rows lack a
        class, and reason says so.
    """
    found, sizes = np.unique(names, return_counts=True)
    largest = found[np.argsort(-sizes, kind="stable")]
    if len(largest) > MAX_GROUPS:
        names = np.where(np.isin(names, largest[: MAX_GROUPS - 1]), names, OTHERS)
        largest = np.append(largest[: MAX_GROUPS - 1], OTHERS)
    return [_of_group(str(name), y[names == name], proba[names == name], groups[names == name], seed) for name in largest]


def _of_group(name: str, y: np.ndarray, proba: np.ndarray, groups: np.ndarray, seed: int) -> dict[str, Any]:
    positive = int((y >= 0.5).sum())
    row: dict[str, Any] = {"name": name, "rows": len(y), "positive": positive, "reason": ""}
    if positive in (0, len(y)):
        which = "positive" if positive == 0 else "negative"
        return row | dict.fromkeys(METRICS) | {"reason": f"none of the {len(y)} rows is {which}"}
    metrics = evaluate(y, proba, groups, seed)
    return row | {name: metrics[name] for name in METRICS}

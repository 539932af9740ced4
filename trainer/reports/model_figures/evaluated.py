"""What a model's kept out-of-fold predictions say: its labels, its split, and its metrics by group."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from trainer.evaluation import breakdown
from trainer.model_types import get_model_type
from trainer.registry import ModelMeta
from trainer.training import GoldRows

UNKNOWN = "unknown"
SEVERITIES = {1: "low", 2: "medium", 3: "high", 4: "critical"}
SIZES = (1, 2, 3, 5, 10, 20, 50, 100)  # the upper ends of groups of cluster sizes
SAVED = "The saved model is trained afterwards, on all labelled rows, the tested ones included."
WHY = {
    "forward": "The test is as hard as scoring a later snapshot: the tested rows are of the last date, and the model of the fold "
    "that scores them was trained on other addresses, on earlier dates. It has seen neither the address nor the day. "
    f"{SAVED}",
    "grouped": "Rows of one address are alike: all of them are tested together, by the model of a fold, trained on other "
    "addresses. There is one date only, or too little to train on before the last one: how well scores hold over time is not "
    f"tested. {SAVED}",
}


@dataclass(frozen=True)
class Kept:
    """A model's kept predictions: all training rows, and the numbers of those that are unseen and gold."""

    table: pa.Table
    gold: GoldRows

    def column(self, name: str) -> np.ndarray:
        """Return a column (n,) of all rows; text is objects, None where missing, and numbers are NaN."""
        column = self.table[name]
        return np.asarray(column.to_pandas() if pa.types.is_string(column.type) else column.to_numpy())

    def constant_folds(self) -> dict[int, bool]:
        """Return for each fold whether its model gives every row the same score, in raw scores of the unseen gold rows."""
        fold, raw = self.column("fold")[self.gold.row], self.column("raw")[self.gold.row]
        return {int(number): np.unique(raw[fold == number]).size == 1 for number in np.unique(fold)}


def labels_by_source(kept: Kept) -> list[dict[str, Any]]:
    """Return how many labels the model was trained on, by source, the largest first."""
    positive, weight = kept.column("label") >= 0.5, kept.column("weight")
    sources = np.array([one or UNKNOWN for one in kept.column("label_source")], dtype=object)
    found = []
    for source in dict.fromkeys(sources.tolist()):
        rows = sources == source
        counts = {"positive": int(positive[rows].sum()), "negative": int((~positive[rows]).sum())}
        found.append({"source": source, **counts, "mean_weight": float(weight[rows].mean())})
    return sorted(found, key=lambda one: (-one["positive"] - one["negative"], one["source"]))


def split_of(meta: ModelMeta, kept: Kept | None) -> dict[str, Any]:
    """Return the split: name, description, why, and the tested rows of each fold with the positive labels among them."""
    if kept is None:
        return {
            "name": meta.split,
            "description": "folds by address",
            "why": WHY.get(meta.split, ""),
            "folds": [],
        }
    fold, label, dates = kept.column("fold"), kept.column("label"), kept.column("processing_date").astype("datetime64[D]")
    folds = [
        {
            "fold": int(number),
            "rows": int((fold == number).sum()),
            "positive": int((label[fold == number] >= 0.5).sum()),
            "first_date": str(dates[fold == number].min()),
            "last_date": str(dates[fold == number].max()),
        }
        for number in np.unique(fold[fold > 0])
    ]
    description = f"{len(folds)} stratified folds by address"
    if meta.split == "forward":
        tested = str(meta.end_date) if len(meta.networks) == 1 else "the last date of each network"
        description = f"{len(folds)} folds by address; tested on {tested}, trained on other addresses on earlier dates"
    return {"name": meta.split, "description": description, "why": WHY.get(meta.split, ""), "folds": folds}


def breakdown_of(meta: ModelMeta, kept: Kept) -> dict[str, list[dict[str, Any]]]:
    """Return metrics of unseen gold rows by what is known of them; a dimension of which nothing is known is left out."""
    import pandas as pd

    gold, found = kept.gold, {}
    described = {name for name, _, _ in get_model_type(meta.model_type).described_by}
    for name in ("typology", "severity", "label_source", "processing_date", "cluster_size"):
        values = kept.column(name)[gold.row]
        if name in described | {"label_source", "processing_date"} and not pd.isna(values).all():
            names, order = _groups(name, values)
            rows = breakdown(gold.y, gold.scores, gold.groups, names, meta.seed)
            found[name] = sorted(rows, key=order) if order else rows
    return found


def _groups(name: str, values: np.ndarray) -> tuple[np.ndarray, Callable[[dict[str, Any]], Any] | None]:
    """Return the group of each value (n,) as text, and the key that orders groups; None: the largest first."""
    if name == "severity":
        texts = [SEVERITIES.get(int(one), f"{one:g}") if not math.isnan(one) else UNKNOWN for one in values.tolist()]
        levels = {text: level for level, text in SEVERITIES.items()}
        return np.array(texts), lambda row: levels.get(row["name"], 99)
    if name == "processing_date":
        return values.astype("datetime64[D]").astype(str), lambda row: row["name"]
    if name == "cluster_size":
        names = [_of_size(one) for one in values.tolist()]
        order = [_of_size(float("nan")), *(_of_size(end) for end in SIZES), _of_size(SIZES[-1] + 1)]
        return np.array(names), lambda row: order.index(row["name"])
    return np.array([one or UNKNOWN for one in values]), None


def _of_size(size: float) -> str:
    """Return the group of a cluster size; an address in no cluster has none."""
    if math.isnan(size):
        return "in no cluster"
    if size > SIZES[-1]:
        return f"over {SIZES[-1]}"
    place = int(np.searchsorted(SIZES, size))
    first, last = (SIZES[place - 1] + 1 if place else 1), SIZES[place]
    return str(last) if first >= last else f"{first}–{last}"

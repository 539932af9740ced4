"""What to do where there are too few labels: only what would in fact train is advised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.data.groups import groups_of
from trainer.data.selection import Selection
from trainer.errors import NotEnoughLabelsError
from trainer.evaluation import make_split
from trainer.model_types import MODEL_TYPES, ModelType
from trainer.warehouse import table_exists

if TYPE_CHECKING:
    from trainer.warehouse import Client

MIN_LABELLED, MIN_POSITIVE = 50, 10
"""With fewer labelled or positive rows than this, training is refused unless the caller lowers it."""
BRING = "bring more labels with `trainer labels add` and run `dbt run`"
SHOWN = 3


@dataclass(frozen=True)
class Labelled:
    """How many rows of a model type a label strategy labels, how many of them are positive, and whether they can be divided."""

    strategy: str
    rows: int
    positive: int
    is_divisible: bool

    def trains(self, min_labelled: int, min_positive: int) -> bool:
        """Return whether a model can be trained on these labels."""
        return self.is_divisible and self.rows >= min_labelled and self.positive >= min_positive


def too_few_labels_hint(
    client: Client,
    selection: Selection,
    kind: ModelType,
    label_strategy: str,
    min_labelled: int = MIN_LABELLED,
    min_positive: int = MIN_POSITIVE,
) -> str:
    """Return a hint for the too-few-labels error, as a phrase: the ways that were checked to train, or that there are none.

    They are, in this order: other label strategies, other model types with the same strategy, lower minimums.
    """
    known = labelled_by_strategy(client, selection, kind)
    ways = [
        f"with `--label-strategy {one.strategy}` ({one.rows} labelled rows, {one.positive} positive)"
        for one in sorted(known, key=lambda one: (-one.positive, one.strategy))
        if one.strategy != label_strategy and one.trains(min_labelled, min_positive)
    ]
    ways += _by_other_types(client, selection, kind, label_strategy, min_labelled, min_positive) if not ways else []
    own = next((one for one in known if one.strategy == label_strategy), None)
    if own is not None and own.trains(2, 1):
        lowered = [f"--min-labelled {own.rows}"] * (own.rows < min_labelled)
        lowered += [f"--min-positive {own.positive}"] * (own.positive < min_positive)
        ways += [f"with `{' '.join(lowered)}`, where intervals are wide"] if lowered else []
    if ways:
        return f"{BRING}, or train {', or '.join(ways[: SHOWN + 1])}"
    others = [one for one in known if one.strategy != label_strategy]
    if not others:
        return BRING
    counts = ", ".join(f"{one.strategy} {one.rows} rows, {one.positive} positive" for one in others)
    return f"{BRING}; no other label strategy has enough ({counts})"


def labelled_by_strategy(client: Client, selection: Selection, kind: ModelType) -> list[Labelled]:
    """Return what each strategy that dbt computes labels of a selection, by name; those that label nothing are left out."""
    if not table_exists(client, kind.training_table):
        return []
    rows = client.query_arrow(
        f"SELECT toString(label_strategy) AS label_strategy, label_target, processing_date, {kind.id_column} AS row_id, "
        f"{kind.held_together_by} AS held_together FROM {kind.training_table} WHERE {selection.where} "
        "ORDER BY label_strategy, processing_date, row_id",
        parameters=selection.parameters,
    )
    strategies = np.asarray(rows["label_strategy"].to_pylist(), dtype=object)
    found = []
    for strategy in dict.fromkeys(strategies):
        part = rows.filter(strategies == strategy)
        y = np.asarray(part["label_target"].to_numpy(), dtype=np.float64)
        dates = np.asarray(part["processing_date"].to_numpy(), dtype="datetime64[D]")
        groups = groups_of(part["row_id"], part["held_together"])
        found.append(Labelled(str(strategy), len(y), int((y >= 0.5).sum()), _is_divisible(y, groups, dates)))
    return found


def _is_divisible(y: np.ndarray, groups: np.ndarray, dates: np.ndarray) -> bool:
    try:
        make_split(y, groups, dates)
    except NotEnoughLabelsError:
        return False
    return True


def _by_other_types(
    client: Client, selection: Selection, kind: ModelType, label_strategy: str, min_labelled: int, min_positive: int
) -> list[str]:
    ways = []
    for other in MODEL_TYPES.values():
        if other.is_ranker or other.training_table == kind.training_table:
            continue
        ways += [
            f"with `--model-type {other.name}` ({one.rows} labelled rows, {one.positive} positive)"
            for one in labelled_by_strategy(client, selection, other)
            if one.strategy == label_strategy and one.trains(min_labelled, min_positive)
        ]
    return ways

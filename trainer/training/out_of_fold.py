"""What `fit` keeps of its evaluation: a row per training row with its out-of-fold predictions."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainer.data import NETWORK, Dataset
from trainer.evaluation import Split
from trainer.registry import OUT_OF_FOLD_SCHEMA
from trainer.training.unseen import Unseen


def out_of_fold_table(data: Dataset, gold: np.ndarray, split: Split, unseen: Unseen) -> pa.Table:
    """Return n rows of OUT_OF_FOLD_SCHEMA: keys, labels and predictions; gold (n,) and predictions are null where NaN."""
    kind, count = data.model_type, len(data.y)
    fold = np.zeros(count, dtype=np.int16)
    for number, (_, test) in enumerate(split, start=1):
        fold[test] = number
    addresses = data.keys[kind.held_together_by]
    columns = {
        "id": data.keys[kind.id_column],
        "address": pa.nulls(count, pa.string()) if pa.types.is_list(addresses.type) else addresses,
        "address_group": pa.array(data.groups),
        "processing_date": data.keys["processing_date"],
        "fold": pa.array(fold),
        "label": pa.array(data.y),
        "gold": _with_nulls(gold),
        "weight": pa.array(data.weight),
        "raw": _with_nulls(unseen.proba),
        "calibrated": _with_nulls(unseen.calibrated.proba),
    }
    if NETWORK in data.keys.column_names:
        columns[NETWORK] = data.keys[NETWORK].cast(pa.string())
    if data.facts is not None:
        columns |= {name: data.facts[name] for name in data.facts.column_names}
    empty = {field.name: pa.nulls(count, field.type) for field in OUT_OF_FOLD_SCHEMA}
    return pa.table(empty | columns).cast(OUT_OF_FOLD_SCHEMA)


def _with_nulls(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))

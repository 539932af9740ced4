"""Divides labelled rows among processes, each of which reads the features of its own rows and of no other.

A slice has an equal part of each snapshot's rows: those between two ids in the order of the table, so that the engine reads no
more of it than the slice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trainer.data.dataset import Dataset
from trainer.data.feature import Feature
from trainer.data.matrix import Source, read_into
from trainer.data.selection import Selection
from trainer.errors import NotBuiltError
from trainer.model_types import ModelType
from trainer.models import new_matrix
from trainer.warehouse import require_table

if TYPE_CHECKING:
    from trainer.warehouse import Client


@dataclass(frozen=True)
class Part:
    """Labelled rows of one snapshot, from the id `first` to the id `last`: how many, and a hash of their ids."""

    network: str
    processing_date: date
    first: str
    last: str
    count: int
    digest: str


@dataclass(frozen=True)
class Slice:
    """The rows of one process.

    Attributes:
        numbers: int64 (m,), rising: which rows of the dataset they are.
        parts: the same rows, snapshot by snapshot.
    """

    kind: ModelType
    window_days: int
    label_strategy: str
    features: list[Feature]
    numbers: np.ndarray = field(repr=False)
    parts: list[Part]


def slices_of(data: Dataset, selection: Selection, label_strategy: str, count: int) -> list[Slice]:
    """Return so many slices: disjoint, and together all rows of a dataset of `read_training`; the same for the same rows."""
    networks, dates, ids = data.networks, data.dates, data.keys[data.model_type.id_column].combine_chunks()
    snapshots = data.snapshots
    starts = np.flatnonzero(np.r_[True, snapshots[1:] != snapshots[:-1]])
    stops = np.r_[starts[1:], len(snapshots)]
    slices = []
    for number in range(count):
        numbers, parts = [], []
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
            size = stop - start
            first, last = start + size * number // count, start + size * (number + 1) // count
            if first == last:
                continue
            own = ids.slice(first, last - first)
            network, day = str(networks[start]) or selection.network, dates[start].astype(object)
            parts.append(Part(network, day, own[0].as_py(), own[-1].as_py(), len(own), digest_of(own)))
            numbers.append(np.arange(first, last))
        rows = np.concatenate(numbers) if numbers else np.empty(0, dtype=np.int64)
        slices.append(Slice(data.model_type, selection.window_days, label_strategy, data.features, rows, parts))
    return slices


def read_slice(client: Client, one: Slice) -> np.ndarray:
    """Return the features float32 (m, d) of a slice's rows, column-major.

    Raises:
        NotBuiltError: the warehouse does not have just these rows.
    """
    require_table(client, one.kind.scoring_table)
    X, start = new_matrix(len(one.numbers), len(one.features)), 0
    for part in one.parts:
        stop = start + part.count
        keys = read_into(client, _source(one, part), X[start:stop])
        if digest_of(keys[one.kind.id_column].combine_chunks()) != part.digest:
            raise NotBuiltError(
                f"{one.kind.scoring_table} does not have the rows of {part.network} {part.processing_date} that were to be "
                "read: it changed meanwhile, or is another warehouse."
            )
        start = stop
    return X


def digest_of(ids: pa.Array) -> str:
    """Return a hash of ids (n,), text, in their order."""
    return hashlib.sha256("\n".join(ids.to_pylist()).encode()).hexdigest()


def _source(one: Slice, part: Part) -> Source:
    selection = Selection(part.network, part.processing_date, part.processing_date, one.window_days)
    key = one.kind.id_column
    rows = f"{selection.where} AND {key} BETWEEN {{first_id:String}} AND {{last_id:String}}"
    labelled = f"SELECT {key} FROM {one.kind.training_table} WHERE {rows} AND label_strategy = {{label_strategy:String}}"
    parameters = selection.parameters | {"first_id": part.first, "last_id": part.last, "label_strategy": one.label_strategy}
    return Source(one.kind, selection, one.features, f"{rows} AND {key} IN ({labelled})", parameters)

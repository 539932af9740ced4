"""Streams rows of the warehouse into a matrix: as a whole, or a block at a time, so that the whole is never in memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from trainer.data.feature import Feature, sql_expression
from trainer.data.selection import Selection
from trainer.data.snapshots import NETWORK
from trainer.errors import NotBuiltError
from trainer.model_types import ModelType
from trainer.models import new_matrix
from trainer.warehouse import Column, column_blocks

if TYPE_CHECKING:
    from trainer.warehouse import Client

BLOCK_ROWS = 65_024
"""Rows of a block: a multiple of the 512 that a neural network predicts at once, so that each row has the same place in them as
in the whole; and no power of two, with which the values of a row would all compete for the same lines of the cache."""
BLOCK_BYTES = 64 << 20
_STEP = 512
# The parts of a table are merged as they are read. With buffers for each the peak at 10,000,000 rows was 2 GB higher.
_SETTINGS = "read_in_order_use_buffering = 0"


@dataclass(frozen=True)
class Source:
    """Rows of a selection in key order.

    Attributes:
        features: what the columns of the matrix are.
        where, parameters: the condition that selects the rows, with its parameters.
    """

    kind: ModelType
    selection: Selection
    features: list[Feature]
    where: str
    parameters: dict[str, Any] = field(repr=False)

    @property
    def keys(self) -> list[str]:
        """Names of the key columns: of several networks the network; date, id, and what rows are held together or ranked by."""
        first = [NETWORK, "processing_date"] if self.selection.is_pooled else ["processing_date"]
        kind = self.kind
        return list(dict.fromkeys([*first, kind.id_column, kind.held_together_by, kind.ranked_within or kind.id_column]))

    @property
    def order(self) -> str:
        """The order of the rows, which is that of the stored tables: none of them is sorted to be read."""
        return f"network, window_days, processing_date, {self.kind.id_column}"

    def query(self, names: list[str], values: list[str], table: str) -> str:
        """Return the query of some columns by name and of other expressions, in order."""
        # Under names of their own: the condition and the order are of the table's columns, not of these.
        columns = [f"{_read_as(name)} AS k{i}" for i, name in enumerate(names)] + [
            f"{one} AS f{i}" for i, one in enumerate(values)
        ]
        return f"SELECT {', '.join(columns)} FROM {table} WHERE {self.where} ORDER BY {self.order} SETTINGS {_SETTINGS}"


def read_whole(client: Client, source: Source, count: int) -> tuple[np.ndarray, pa.Table]:
    """Return the matrix float32 (count, d), column-major, and the keys of its rows.

    Raises:
        NotBuiltError: there are more or fewer rows than `count`.
    """
    X = new_matrix(count, len(source.features))
    return X, read_into(client, source, X)


def read_into(client: Client, source: Source, X: np.ndarray) -> pa.Table:
    """Fill a matrix float32 (n, d) with rows, and return their keys.

    Raises:
        NotBuiltError: there are more or fewer rows than n.
    """
    kept, start = [], 0
    for keys, columns in _parts(client, source, source.keys):
        start = _filled(X, start, len(keys), columns, source)
        kept.append(keys)
    _require_all(source, start, len(X))
    return pa.concat_tables(kept)


def read_blocks(
    client: Client, source: Source, count: int, rows: int | None = None
) -> Generator[tuple[np.ndarray, pa.Table], None, None]:
    """Yield what `read_whole` returns in blocks of so many rows, the last one shorter; the client is busy until the last.

    Args:
        rows: by default 65,024, fewer where the matrix is wide.
    """
    size = min(count, rows or _rows_of(len(source.features)))
    done, filled, kept = 0, 0, []
    X = np.empty((size, len(source.features)), dtype=np.float32, order="F")
    for keys, columns in _parts(client, source, source.keys):
        start = 0
        while start < len(keys):
            stop = min(len(keys), start + size - filled)
            filled = _filled(X, filled, stop - start, [column[start:stop] for column in columns], source)
            kept.append(keys.slice(start, stop - start))
            start = stop
            if filled == size:
                yield X, pa.concat_tables(kept)
                done, filled, kept = done + size, 0, []
                X = np.empty_like(X)
    _require_all(source, done + filled, count)
    if filled:
        yield np.asfortranarray(X[:filled]), pa.concat_tables(kept)


@dataclass(frozen=True)
class Labelled:
    """A matrix with its labels: see `trainer.data.Dataset`; `sources` is what each label comes from, text (n,)."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    keys: pa.Table
    sources: pa.Array


def read_labelled_rows(client: Client, source: Source, count: int) -> Labelled:
    """Return the rows that a condition selects in a training table, with labels.

    Labels are read from the training table, features of the same rows from the scoring table, which is stored in key order: to
    sort the wide rows of the join takes two thirds more time and twice the memory of the matrix.

    Raises:
        NotBuiltError: the tables change meanwhile, or do not have the same rows.
    """
    kind, selection = source.kind, source.selection
    names, parts = [*source.keys, "label_source"], []
    query = source.query(names, ["label_target", "label_weight"], kind.training_table)
    y, weight, start = np.empty(count, dtype=np.float32), np.empty(count, dtype=np.float32), 0
    with column_blocks(client, query, source.parameters) as blocks:
        for block in blocks:
            stop = start + len(block[0])
            if stop <= count:
                y[start:stop], weight[start:stop] = block[-2:]
            parts.append(pa.table(dict(zip(names, block[:-2], strict=True))))
            start = stop
    _require_all(source, start, count)
    table = pa.concat_tables(parts)
    row = f"network, processing_date, {kind.id_column}"
    labelled = f"({row}) IN (SELECT {row} FROM {kind.training_table} WHERE {source.where})"
    wide = Source(kind, selection, source.features, f"{selection.where} AND {labelled}", source.parameters)
    X, keys = read_whole(client, wide, count)
    if not keys.equals(table.select(source.keys)):
        raise _changed(source)
    return Labelled(X, y, weight, keys, table["label_source"].combine_chunks())


def _parts(client: Client, source: Source, names: list[str]) -> Iterator[tuple[pa.Table, list[Column]]]:
    """Yield keys and feature columns of some rows at a time."""
    features = source.features
    keys = {f"key_{i}": one.key for i, one in enumerate(features) if one.key is not None}
    query = source.query(names, [sql_expression(one, i) for i, one in enumerate(features)], source.kind.scoring_table)
    with column_blocks(client, query, source.parameters | keys) as blocks:
        for block in blocks:
            yield pa.table(dict(zip(names, block[: len(names)], strict=True))), block[len(names) :]


def _filled(X: np.ndarray, start: int, rows: int, columns: list[Column], source: Source) -> int:
    """Put the columns of some rows into X from `start` on, and return where they end."""
    stop = start + rows
    if stop > len(X):
        raise _changed(source)
    for position, column in enumerate(columns):
        X[start:stop, position] = column
    return stop


def _read_as(name: str) -> str:
    return f"CAST({name} AS String)" if name in (NETWORK, "label_source") else name


def _rows_of(columns: int) -> int:
    """Return how many rows a block of a matrix with so many columns has."""
    return max(_STEP, min(BLOCK_ROWS, BLOCK_BYTES // (4 * max(1, columns)) // _STEP * _STEP))


def _require_all(source: Source, found: int, count: int) -> None:
    if found != count:
        raise _changed(source)


def _changed(source: Source) -> NotBuiltError:
    return NotBuiltError(
        f"{source.kind.scoring_table} changed while it was read; run the command again when no `dbt run` is under way."
    )

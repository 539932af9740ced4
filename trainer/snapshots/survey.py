"""A first pass over the files of a table, for what its rows decide together: units of times, and columns that are no features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trainer.errors import BadInputError
from trainer.keys import SNAPSHOT_KEY
from trainer.snapshots.times import units_in, usual_unit
from trainer.uploads import ROW_NUMBER, RowCounter, reason_to_leave_out
from trainer.warehouse import Table

BATCH_ROWS = 16_384
NOT_NUMERIC = "is not numeric in every part"


@dataclass(frozen=True)
class Survey:
    """What the rows of a table say about its columns.

    Attributes:
        units: column of times → the unit of most of its values.
        left_out: column that is no feature → why.
    """

    units: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def survey(table: Table, paths: Sequence[Path], renames: Mapping[str, str], accepted: Collection[str] = ()) -> Survey:
    """Return the units and the columns to leave out of a table whose rows are in these Parquet files.

    Raises:
        BadInputError: the files differ in their columns, or have one twice.
    """
    schemas = [pq.read_schema(path) for path in paths]
    require_distinct(str(paths[0]), schemas[0].names)
    for path, schema in zip(paths[1:], schemas[1:], strict=True):
        if differing := set(schema.names) ^ set(schemas[0].names):
            raise BadInputError(f"{path} and {paths[0].name} differ in the columns {', '.join(sorted(differing)[:10])}.")
    targets = targets_of(schemas[0].names, renames)
    times = [name for name, target in targets.items() if target in table.time_columns]
    # A column without values in one part has no type there.
    unknown = sorted({name for schema in schemas for name in extra_columns(table, schema, renames)} - set(accepted))
    left_out = {name: reason for name in unknown if (reason := reason_to_leave_out(name)) is not None}
    left_out |= {name: NOT_NUMERIC for name in unknown if any(_is_other(schema, name, renames) for schema in schemas)}
    counters = {name: RowCounter() for name in unknown if name not in left_out}
    for batch in _first_rows(paths, list(counters)):
        _count(counters, batch, starts_file=True)
    counters = {name: RowCounter() for name, counter in counters.items() if counter.may_be_row_number}
    units: dict[str, Counter[str]] = {targets[name]: Counter() for name in times}
    for starts_file, batch in _batches(paths, [*times, *counters]) if times or counters else ():
        _count(counters, batch, starts_file)
        for name in times:
            units[targets[name]] += units_in(plain(batch.column(name)))
    left_out |= {name: ROW_NUMBER for name, counter in counters.items() if counter.is_row_number}
    return Survey({name: usual_unit(counts) for name, counts in units.items()}, left_out)


def require_distinct(file: str, names: Sequence[str]) -> None:
    """Refuse a file that has a column twice.

    Raises:
        BadInputError: a name occurs more than once.
    """
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise BadInputError(f"{file} has the column '{repeated}' more than once.")


def targets_of(names: Sequence[str], renames: Mapping[str, str]) -> dict[str, str]:
    """Return column of the file → column of the table.

    If the file has both names, the table's own is used and the synonym keeps its name.
    """
    return {name: name if renames.get(name) in names else renames.get(name, name) for name in names}


def extra_columns(table: Table, schema: pa.Schema, renames: Mapping[str, str]) -> list[str]:
    """Return the numeric columns of a file that its table does not have and keeps in `extra_features`, sorted."""
    if "extra_features" not in table.types:
        return []
    known = {*table.types, *SNAPSHOT_KEY, "ingested_at"}
    kinds = zip(targets_of(schema.names, renames).values(), schema.types, strict=True)
    return sorted(name for name, kind in kinds if name not in known and is_numeric(kind))


def is_numeric(kind: pa.DataType) -> bool:
    """Return whether values of an Arrow type are numbers or flags."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind))


def _is_other(schema: pa.Schema, name: str, renames: Mapping[str, str]) -> bool:
    """Return whether a file has the column of this name in its table with values that are no numbers."""
    kinds = zip(targets_of(schema.names, renames).values(), schema.types, strict=True)
    return any(target == name and not is_numeric(kind) and not pa.types.is_null(kind) for target, kind in kinds)


def _count(counters: dict[str, RowCounter], batch: pa.RecordBatch, starts_file: bool) -> None:
    for name, counter in counters.items():
        column = plain(batch.column(name))
        numbers = pc.cast(column, pa.float64(), safe=False) if is_numeric(column.type) else pa.nulls(len(column), pa.float64())
        counter.see(np.asarray(numbers.to_numpy(zero_copy_only=False)), starts_file=starts_file)


def plain(column: pa.Array) -> pa.Array:
    """Return a column without dictionary encoding."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _first_rows(paths: Sequence[Path], columns: list[str]) -> Iterable[pa.RecordBatch]:
    """Yield the first rows of each file, which rule out most columns without reading them whole."""
    for path in paths if columns else ():
        with pq.ParquetFile(path) as file:
            yield from (batch for batch in [next(file.iter_batches(1024, columns=columns), None)] if batch is not None)


def _batches(paths: Sequence[Path], columns: list[str]) -> Iterator[tuple[bool, pa.RecordBatch]]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for number, batch in enumerate(file.iter_batches(BATCH_ROWS, columns=columns)):
                yield number == 0, batch

"""Conforms a batch of a snapshot file to the table it is loaded into, by fixed rules, and counts every change.

| input | result |
|---|---|
| a key column that is missing or not text | BadInputError: nothing of the snapshot is loaded |
| processing_date, window_days or network in the file that differs from the snapshot's | BadInputError |
| an address that is empty, longer than 256 characters, or contains white space or control characters | row rejected |
| white space around a key | removed |
| an address in another spelling (case, SS58 prefix, …) | spelt as `trainer.addresses.canonical` does |
| NaN, an infinity, a number outside the range of the type, a negative volume | set to missing |
| a label confidence outside [0, 1] | row rejected |
| a time | in seconds, as `trainer.snapshots.times` reads it |
| an unknown numeric column | kept in `extra_features` (missing values left out) |
| an answer or a row number (`trainer.uploads.columns`) | not loaded, and reported |
| an unknown column of another type | not loaded, and reported |
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer import addresses
from trainer.errors import BadInputError
from trainer.keys import SNAPSHOT_KEY, SnapshotKey
from trainer.snapshots.survey import Survey, extra_columns, is_numeric, plain, require_distinct, targets_of
from trainer.snapshots.times import read_times, units_in, usual_unit
from trainer.warehouse import Table

DECIMAL_LIMIT = float(np.nextafter(1e20, 0))  # the largest value of Decimal(38, 18)
MAY_BE_NEGATIVE = {"net_flow_usd"}
ADDRESS_COLUMNS = ("address", "from_address", "to_address")  # those that a row must have
MORE_ADDRESSES = ("primary_address", "addresses_involved")
_UNSIGNED = {"UInt8": 2**8 - 1, "UInt16": 2**16 - 1, "UInt32": 2**32 - 1, "UInt64": 2**63 - 1}


@dataclass
class Conformer:
    """Conforms the batches of one file to a table.

    Attributes:
        table: the table that the rows are loaded into.
        key: the snapshot of the file.
        file: path of the file, for messages.
        loaded_at: value of the column `ingested_at`.
        renames: column of the file → column of the table, where the file lacks the table's name.
        survey: what the rows of the whole table say about its columns.
        counts: change → number of rows or values, over all batches so far.
        dropped: columns of the file that are not loaded.
    """

    table: Table
    key: SnapshotKey
    file: str
    loaded_at: datetime
    renames: dict[str, str] = field(default_factory=dict)
    survey: Survey = field(default_factory=Survey)
    counts: Counter[str] = field(default_factory=Counter)
    dropped: set[str] = field(default_factory=set)

    def __call__(self, batch: pa.RecordBatch) -> pa.Table:
        """Return the valid rows of a batch in the columns of the table.

        Raises:
            BadInputError: a column is missing or has an unusable type, or the file is of another snapshot.
        """
        columns = self._named(batch)
        self._check_key(columns)
        rows = self._valid_rows(columns)
        if not pc.all(rows, min_count=0).as_py():
            for name, column in columns.items():
                with self._reading(name):
                    columns[name] = column.filter(rows)
        count = pc.sum(rows).as_py() or 0
        result = {
            "network": pa.repeat(pa.scalar(self.key.network, pa.string()), count),
            "processing_date": pa.repeat(pa.scalar(self.key.processing_date, pa.date32()), count),
            "window_days": pa.repeat(pa.scalar(self.key.window_days, pa.uint16()), count),
        }
        for name, kind in self.table.types.items():
            with self._reading(name):
                if name == "extra_features":
                    result[name] = self._extra(columns, count)
                elif name in columns:
                    result[name] = self._convert(name, columns[name], kind)
        self._note_dropped(columns)
        result["ingested_at"] = pa.repeat(pa.scalar(self.loaded_at, pa.timestamp("ms", "UTC")), count)
        return pa.table(result)

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        """Turn the exceptions of Arrow and of the JSON reader into a BadInputError that names the column."""
        try:
            yield
        except (pa.ArrowException, ValueError, TypeError, OverflowError, RecursionError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)[:200]
            raise BadInputError(f"{self.file}: column '{name}' cannot be used: {reason}.") from error

    def _named(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        names = batch.schema.names
        require_distinct(self.file, names)
        columns = {}
        for target, column in zip(targets_of(names, self.renames).values(), map(plain, batch.columns), strict=True):
            columns[target] = column.cast(pa.string()) if pa.types.is_string_view(column.type) else column
        return columns

    def _check_key(self, columns: dict[str, pa.Array]) -> None:
        for name in required_columns(self.table):
            if name not in columns:
                raise BadInputError(f"{self.file} has no column '{name}', which is required.")
            if not _is_text(columns[name].type):
                raise BadInputError(f"{self.file}: column '{name}' should be text, but is {columns[name].type}.")
        for name, expected in zip(SNAPSHOT_KEY, self.key.parameters.values(), strict=True):
            if name not in columns:
                continue
            with self._reading(name):
                values = pc.unique(columns[name]).to_pylist()
            for value in values:
                actual = value.date() if isinstance(value, datetime) else value
                if actual is not None and actual != expected and str(actual) != str(expected):
                    raise BadInputError(f"{self.file}: column '{name}' has {actual}, but the snapshot is of {expected}.")

    def _valid_rows(self, columns: dict[str, pa.Array]) -> pa.Array:
        """Return which rows are loaded, bool (n,); trims the key columns and lower-cases addresses in place."""
        valid = pa.array(np.ones(len(next(iter(columns.values()), [])), dtype=bool))
        for name in required_columns(self.table):
            with self._reading(name):
                column = pc.fill_null(pc.cast(columns[name], pa.string()), "")
                if not (is_plain := addresses.is_plain(column)):
                    column = pc.utf8_trim_whitespace(column)
            if name in ADDRESS_COLUMNS:
                # The same canonical form as in staging, so that two spellings of an address count as one key here.
                column = addresses.canonical_array(column, self.key.network)
                length = pc.utf8_length(column)
                bad = pc.or_(pc.equal(length, 0), pc.greater(length, addresses.MAX_LENGTH))
                if not is_plain:
                    bad = pc.or_(bad, pc.match_substring_regex(column, addresses.UNFIT.pattern))
                reason = f"rows rejected: '{name}' is not an address"
            else:
                bad = pc.equal(column, "")
                reason = f"rows rejected: '{name}' is empty"
            columns[name] = column
            if name in self.table.key_columns or name in ADDRESS_COLUMNS:
                valid = self._reject(valid, bad, reason)
        if self.table.types.get("confidence_score") == "Float32" and "confidence_score" in columns:
            with self._reading("confidence_score"):
                score = pc.cast(columns["confidence_score"], pa.float64())
            inside = pc.and_(pc.greater_equal(score, 0), pc.less_equal(score, 1))
            valid = self._reject(
                valid, pc.invert(pc.fill_null(inside, False)), "rows rejected: 'confidence_score' is not in [0, 1]"
            )
        return valid

    def _reject(self, valid: pa.Array, bad: pa.Array, reason: str) -> pa.Array:
        self._count(reason, pc.and_(valid, bad))
        return pc.and_(valid, pc.invert(bad))

    def _count(self, what: str, mask: pa.Array) -> None:
        if number := pc.sum(mask).as_py():
            self.counts[what] += number

    def _convert(self, name: str, column: pa.Array, kind: str) -> pa.Array:
        if name in self.table.time_columns:
            return self._time(name, column, kind)
        if "String" in kind and "Array" not in kind:
            if not (_is_text(column.type) or pa.types.is_null(column.type)):
                self.counts[f"values turned into text in '{name}'"] += len(column) - column.null_count
            text = pc.fill_null(pc.cast(column, pa.string()), "")
            return self._respelt(text) if name in MORE_ADDRESSES else text
        if kind.startswith("Array"):
            lists = self._list(name, column, pa.string() if "String" in kind else pa.uint16())
            if name not in MORE_ADDRESSES:
                return lists
            return pa.ListArray.from_arrays(lists.offsets, self._respelt(lists.values))
        return self._number(name, column, re.sub(r"Nullable\((.*)\)", r"\1", kind))

    def _respelt(self, column: pa.Array) -> pa.Array:
        return addresses.canonical_array(pc.utf8_trim_whitespace(column), self.key.network)

    def _time(self, name: str, column: pa.Array, kind: str) -> pa.Array:
        seconds, missing = read_times(column, self.survey.units.get(name) or usual_unit(units_in(column)))
        for reason, where in missing.items():
            self._count(f"{reason}, now missing, in '{name}'", where)
        return pc.cast(seconds, pa.timestamp("s") if "DateTime" in kind else pa.uint64())

    def _number(self, name: str, column: pa.Array, kind: str) -> pa.Array:
        if pa.types.is_null(column.type):
            return column
        if not is_numeric(column.type):
            raise BadInputError(f"{self.file}: column '{name}' should be a number, but is {column.type}.")
        if kind == "Bool":
            if pa.types.is_boolean(column.type):
                return column
            value = pc.cast(column, pa.float64(), safe=False)
            bad = pc.is_nan(value)
            self._count(f"values not finite, now missing, in '{name}'", bad)
            return pc.if_else(bad, pa.scalar(None, pa.bool_()), pc.not_equal(value, 0.0))
        is_amount = kind in _UNSIGNED or (kind.startswith("Decimal") and name not in MAY_BE_NEGATIVE)
        limit = _UNSIGNED.get(kind, DECIMAL_LIMIT if kind.startswith("Decimal") else np.finfo(np.float32).max)
        if are_within(column, 0.0 if is_amount else -float(limit), float(limit)):
            # As nearly all are, at a fifth of the time; the engine converts them.
            return (
                column if kind not in _UNSIGNED or pa.types.is_integer(column.type) else pc.cast(column, pa.uint64(), safe=False)
            )
        value = pc.cast(column, pa.float64(), safe=False)
        bad = pc.invert(pc.is_finite(value))
        self._count(f"values not finite, now missing, in '{name}'", bad)
        if is_amount:
            bad = self._also_bad(bad, pc.less(value, 0.0), f"negative values, now missing, in '{name}'")
        if kind != "Float64":
            too_large = pc.and_(pc.is_finite(value), pc.greater(pc.abs(value), float(limit)))
            bad = self._also_bad(bad, too_large, f"values too large, now missing, in '{name}'")
        # Integers and decimals are not converted to float; only the bad values are set to missing.
        exact = column if pa.types.is_decimal(column.type) or pa.types.is_integer(column.type) else value
        if pc.any(bad, min_count=0).as_py():
            exact = pc.if_else(pc.fill_null(bad, False), pa.scalar(None, exact.type), exact)
        return pc.cast(exact, pa.uint64(), safe=False) if kind in _UNSIGNED else exact

    def _also_bad(self, bad: pa.Array, more: pa.Array, what: str) -> pa.Array:
        more = pc.and_(more, pc.invert(bad))
        self._count(what, more)
        return pc.or_(bad, more)

    def _list(self, name: str, column: pa.Array, item: pa.DataType) -> pa.Array:
        kind = pa.list_(item)
        try:
            if _is_text(column.type):  # the analyzers-baseline export writes lists as JSON
                values = [json.loads(text) if text else [] for text in column.to_pylist()]
                return pa.array(values, kind)
            return pc.fill_null(pc.cast(column, kind), pa.scalar([], kind))
        except (ValueError, TypeError, OverflowError, RecursionError, pa.ArrowException) as error:
            raise BadInputError(f"{self.file}: column '{name}' should hold lists of {item}: {str(error)[:200]}.") from error

    def _extra_names(self, columns: dict[str, pa.Array]) -> list[str]:
        schema = pa.schema([(name, column.type) for name, column in columns.items()])
        return [name for name in extra_columns(self.table, schema, {}) if name not in self.survey.left_out]

    def _extra(self, columns: dict[str, pa.Array], count: int) -> pa.Array:
        """Return the numeric columns that the table does not have as one Map column (count,), without non-finite values."""
        names = self._extra_names(columns)
        values = np.empty((count, len(names)), dtype=np.float32)
        with np.errstate(over="ignore"):
            for position, name in enumerate(names):
                column = pc.cast(columns[name], pa.float64(), safe=False)
                values[:, position] = column.to_numpy(zero_copy_only=False).astype(np.float32)
        present = np.isfinite(values)
        offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
        keys = np.broadcast_to(np.array(names, dtype=object), values.shape)[present]
        return pa.MapArray.from_arrays(offsets, pa.array(keys, pa.string()), pa.array(values[present], pa.float32()))

    def _note_dropped(self, columns: dict[str, pa.Array]) -> None:
        known = {*self.table.types, *SNAPSHOT_KEY, "ingested_at"}
        self.dropped |= columns.keys() - known - set(self._extra_names(columns)) - self.survey.left_out.keys()


def required_columns(table: Table) -> list[str]:
    """Return the columns that a file must have: those without a default that cannot be null or empty."""
    defaults = {line.split()[0] for line in table.columns.splitlines() if " DEFAULT " in line}
    return [
        name for name, kind in table.types.items() if name not in defaults and not kind.startswith(("Nullable", "Array", "Map"))
    ]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def are_within(column: pa.Array, low: float, high: float) -> bool:
    """Return whether a column of plain numbers surely has only values from `low` to `high`; missing ones do not count."""
    if not (
        pa.types.is_integer(column.type) or pa.types.is_decimal128(column.type) or column.type in {pa.float32(), pa.float64()}
    ):
        return False
    if pa.types.is_floating(column.type) and not np.isfinite(pc.sum(column, min_count=0).as_py()):
        return False  # NaN has no place between the least and the largest value
    least, largest = pc.min_max(column).as_py().values()
    return least is None or bool(low <= least and largest < high)

"""One rule for the unit of a time, tested for every time of every table of every shape."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.keys import SnapshotKey
from trainer.snapshots.conform import Conformer, required_columns
from trainer.snapshots.reader import shapes
from trainer.snapshots.survey import survey
from trainer.snapshots.times import read_times, units_in, usual_unit
from trainer.warehouse import END_SECOND, FIRST_SECOND, UNITS, Table

SECOND = 1_754_006_400 + 12_345  # 2025-08-01 03:25:45
TABLES = {
    f"{shape.name}:{stem}": shape.landings.get(stem, (table, ""))[0] for shape in shapes() for stem, table in shape.tables.items()
}
TIMES = [(table, column) for table in TABLES.values() for column in table.time_columns]
NAMES = [f"{name}.{column}" for name, table in TABLES.items() for column in table.time_columns]
each_time = pytest.mark.parametrize(("table", "column"), TIMES, ids=NAMES)


def conformed(folder: Path, table: Table, column: str, values: pa.Array) -> tuple[list[Any], Conformer]:
    """Write a file with one more column than a table needs; return that column as it is loaded, and the conformer."""
    path = folder / "file.parquet"
    rows = {name: [f"0x{i}" for i in range(len(values))] for name in required_columns(table)}
    pq.write_table(pa.table(rows | {column: values}), path)
    key = SnapshotKey("simnet", date(2025, 8, 1), 90)
    uses = Conformer(table, key, "file.parquet", datetime(2025, 9, 1, tzinfo=UTC), survey=survey(table, [path], {}))
    loaded = [value for batch in pq.ParquetFile(path).iter_batches() for value in uses(batch)[column].to_pylist()]
    return [int(value.replace(tzinfo=UTC).timestamp()) if isinstance(value, datetime) else value for value in loaded], uses


def test_the_ranges_of_the_units_do_not_overlap() -> None:
    ranges = sorted((FIRST_SECOND * size, END_SECOND * size) for size in UNITS.values())
    assert all(end < first for (_, end), (first, _) in itertools.pairwise(ranges))


def test_no_time_of_a_table_is_forgotten() -> None:
    assert len(TIMES) >= 20
    looks = re.compile(r"time|date_|seen|created|updated|earliest|latest|_at$")
    for name, table in TABLES.items():
        numbers = {column for column, kind in table.types.items() if re.search(r"U?Int(32|64)|DateTime|Float64", kind)}
        assert {column for column in numbers if looks.search(column)} == set(table.time_columns), name


@each_time
@pytest.mark.parametrize("unit", UNITS)
def test_every_time_is_read_in_every_unit(tmp_path: Path, table: Table, column: str, unit: str) -> None:
    values = [(SECOND + i) * UNITS[unit] for i in range(3)] + [0, None]
    assert conformed(tmp_path, table, column, pa.array(values, pa.int64()))[0] == [SECOND, SECOND + 1, SECOND + 2, None, None]


@each_time
def test_mixed_and_implausible_values_are_missing_and_counted(tmp_path: Path, table: Table, column: str) -> None:
    values = [SECOND * 1000, SECOND * 1000 + 999, SECOND, 5, -1, FIRST_SECOND * 1000 - 1, END_SECOND * 1000, 0]
    loaded, uses = conformed(tmp_path, table, column, pa.array(values, pa.int64()))
    assert loaded == [SECOND, SECOND] + [None] * 6
    assert uses.counts == {
        f"values in another unit than ms, now missing, in '{column}'": 1,
        f"values outside the years 2008 to 2099, now missing, in '{column}'": 4,
    }


@each_time
@pytest.mark.parametrize(
    "values",
    [
        pa.array([SECOND], pa.uint32()),
        pa.array([SECOND * 10**9], pa.uint64()),
        pa.array([SECOND * 1000 + 0.5], pa.float64()),
        pa.array([Decimal(SECOND * 1000)], pa.decimal128(38, 0)),
        pa.array([SECOND * 10**6]).dictionary_encode(),
        pa.array([datetime.fromtimestamp(SECOND, UTC).replace(tzinfo=None)], pa.timestamp("us")),
        pa.array([SECOND * 10**9], pa.timestamp("ns")),
        pa.array([SECOND], pa.timestamp("s", "Asia/Tokyo")),
    ],
    ids=lambda values: str(values.type),
)
def test_a_time_may_have_any_type_of_a_number_or_time(tmp_path: Path, table: Table, column: str, values: pa.Array) -> None:
    assert conformed(tmp_path, table, column, values)[0] == [SECOND]


@each_time
def test_a_date_is_its_first_second_and_text_is_no_time(tmp_path: Path, table: Table, column: str) -> None:
    assert conformed(tmp_path, table, column, pa.array([date(2025, 8, 1), None]))[0] == [1_754_006_400, None]
    loaded, uses = conformed(tmp_path, table, column, pa.array(["2025-08-01", None]))
    assert loaded == [None, None] and uses.counts == {f"values not a time, now missing, in '{column}'": 1}


def test_the_unit_is_decided_over_all_batches_and_files(tmp_path: Path) -> None:
    """The first batch and the first file alone would say seconds."""
    table = TABLES["2025-10:features"]
    column, paths = "first_activity_timestamp", [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    for path, values in zip(paths, (np.full(100, SECOND), np.full(70_000, SECOND * 1000)), strict=True):
        pq.write_table(pa.table({"address": [f"0x{i}" for i in range(len(values))], column: values}), path, row_group_size=100)
    assert survey(table, paths, {}).units[column] == "ms"


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.just(0) | st.integers(FIRST_SECOND, END_SECOND - 1)), st.sampled_from([*UNITS])
)
def test_every_value_is_kept_missing_or_counted(values: list[int], unit: str) -> None:
    column = pa.array(values, pa.int64())
    seconds, missing = read_times(column, unit)
    lost = sum(np.asarray(where).sum() for where in missing.values())
    assert len(values) == seconds.is_valid().to_numpy(zero_copy_only=False).sum() + lost + values.count(0)
    assert all(FIRST_SECOND <= second < END_SECOND for second in seconds.drop_null().to_pylist())
    assert usual_unit(units_in(column)) in UNITS

"""Files of a user's own features: what becomes a number, what is ignored, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.errors import BadInputError
from trainer.features.reader import MAX_NAME, FeatureFile, read_features, safe_name


def csv(folder: Path, text: str) -> FeatureFile:
    (folder / "own.csv").write_text(text, encoding="utf-8")
    return read_features(folder / "own.csv")


def test_numbers_flags_and_gaps(tmp_path: Path) -> None:
    file = csv(tmp_path, "address,a,flag,gap\nx, 1.5 ,true,\ny,-2e3,FALSE,NaN\nz,NA,,3\n")
    assert {name: values.tolist() for name, values in file.values.items() if name == "flag"} == {
        "flag": [1.0, 0.0, pytest.approx(np.nan, nan_ok=True)]
    }
    np.testing.assert_array_equal(file.values["a"], [1.5, -2000, np.nan])
    np.testing.assert_array_equal(file.values["gap"], [np.nan, np.nan, 3])
    assert file.problems == {} and file.ignored == {} and file.keys["address"].tolist() == ["x", "y", "z"]


def test_text_makes_a_bad_row_or_an_ignored_column(tmp_path: Path) -> None:
    file = csv(tmp_path, "address,a,note,empty,\nx,1,hot,,1\ny,many,cold,,2\nz,3,7,,3\n")
    assert file.problems == {2: "a is 'many', not a number"}
    assert file.ignored == {"note": "is not numeric", "empty": "has no values", "": "has no name"}
    assert list(file.values) == ["a"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [("inf", "a is infinite"), ("-Infinity", "a is infinite"), ("1e999", "a is infinite"), ("4e38", "a is 4e+38, outside the range of Float32 (3.4e38)")],
)  # fmt: skip
def test_a_number_outside_the_range_of_float32_makes_a_bad_row(tmp_path: Path, value: str, reason: str) -> None:
    assert csv(tmp_path, f"address,a\nx,1\ny,{value}\n").problems == {2: reason}


def test_names_are_made_safe_and_must_stay_distinct(tmp_path: Path) -> None:
    file = csv(tmp_path, f"address,in %,{'n' * 80}\nx,1,2\n")
    assert list(file.values) == ["in", "n" * MAX_NAME] and file.renamed == {"in %": "in", "n" * 80: "n" * MAX_NAME}
    with pytest.raises(BadInputError, match="two columns would be named 'a_b'"):
        csv(tmp_path, "address,a b,a-b\nx,1,2\n")
    with pytest.raises(BadInputError, match="the name 'оборот' has no ASCII letter.*--map"):
        csv(tmp_path, "address,оборот\nx,1\n")


@given(st.text(max_size=100))
def test_a_safe_name_stays_as_it_is(text: str) -> None:
    once = safe_name(text)
    assert len(once) <= MAX_NAME and (once == "" or once.replace("_", "a").isalnum())
    assert safe_name(once).strip("_") == once.strip("_")


def test_columns_by_other_names(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("addr,degree_in,address\nx,1,no\n")
    file = read_features(tmp_path / "own.csv", {"address": "addr", "my_degree": "degree_in"})
    assert file.keys["address"].tolist() == ["x"] and list(file.values) == ["my_degree"]
    with pytest.raises(BadInputError, match="no column nowhere"):
        read_features(tmp_path / "own.csv", {"address": "nowhere"})


def test_parquet_types_decide_what_is_numeric(tmp_path: Path) -> None:
    import decimal

    table = pa.table(
        {
            "address": ["x", "y"], "flag": pa.array([True, None]), "whole": pa.array([2**40, None]), "exact": pa.array([decimal.Decimal("1.25"), None]),
            "half": pa.array([1.0, float("nan")], pa.float32()), "coded": pa.array(["a", "b"]).dictionary_encode(), "text": ["1", "2"],
            "day": pa.array([0, 1], pa.date32()), "none": pa.nulls(2), "processing_date": pa.array([20000, 20000], pa.date32()), "window_days": [90.0, 90.0],
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "own.parquet")
    file = read_features(tmp_path / "own.parquet")
    assert {name: values[0] for name, values in file.values.items()} == {"flag": 1, "whole": 2**40, "exact": 1.25, "half": 1}
    assert all(np.isnan(values[1]) for values in file.values.values())
    assert {name: reason.split(" (")[0] for name, reason in file.ignored.items()} == {
        "coded": "is not numeric", "text": "is not numeric", "day": "is not numeric", "none": "has no values",
    }  # fmt: skip
    assert file.keys["processing_date"].tolist() == ["2024-10-04"] * 2 and file.keys["window_days"].tolist() == ["90.0"] * 2


def test_csv_and_parquet_give_the_same_features(tmp_path: Path) -> None:
    frame = pd.DataFrame({"address": ["x", "y"], "a": [0.1, None], "b": [True, False], "c": [1, 2]})
    frame.to_csv(tmp_path / "own.csv")
    frame.to_parquet(tmp_path / "own.parquet")
    one, other = read_features(tmp_path / "own.csv"), read_features(tmp_path / "own.parquet")
    assert list(one.values) == list(other.values) == ["a", "b", "c"]
    for name in one.values:
        np.testing.assert_array_equal(one.values[name], other.values[name])


BROKEN: dict[str, tuple[str, bytes, str]] = {
    "empty": ("own.csv", b"", "is empty"),
    "blank": ("own.csv", b"\n\n", "no header"),
    "binary": ("own.csv", b"address,a\nx,\x00\x01\n", "binary"),
    "latin": ("own.csv", "address,a\nx,ü\n".encode("latin-1"), "UTF-8"),
    "utf16": ("own.csv", "address,a\nx,1\n".encode("utf-16"), "UTF-8"),
    "cut in a number": ("own.csv", b"address,a\nx,1.23", "cut short"),
    "cut in a row": ("own.csv", b"address,a,b\nx,1,2\ny,1", "2 fields where its header has 3"),
    "cut in a quote": ("own.csv", b'address,a\n"x', "not CSV|cut short"),
    "no address": ("own.csv", b"addr,a\nx,1\n", "no column address"),
    "a column twice": ("own.csv", b"address,a,a\nx,1,2\n", "more than once"),
    "no Parquet": ("own.parquet", b"PAR1 and so on", "Parquet"),
    "neither": ("own.xlsx", b"PK\x03\x04", "neither"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    file, raw, reason = BROKEN[name]
    (tmp_path / file).write_bytes(raw)
    with pytest.raises(BadInputError, match=reason) as raised:
        read_features(tmp_path / file)
    assert file in str(raised.value)


def test_a_cut_parquet_file_is_refused_wherever_it_was_cut(tmp_path: Path) -> None:
    pd.DataFrame({"address": ["x"] * 50, "a": range(50)}).to_parquet(tmp_path / "own.parquet")
    whole = (tmp_path / "own.parquet").read_bytes()
    for size in range(0, len(whole) - 1, 97):
        (tmp_path / "own.parquet").write_bytes(whole[:size])
        with pytest.raises(BadInputError):
            read_features(tmp_path / "own.parquet")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(st.lists(st.one_of(st.floats(width=32), st.sampled_from(["", "nan", "x", "true", "1,5"])), min_size=1, max_size=8))
def test_every_cell_is_a_number_missing_or_reported(tmp_path: Path, cells: list[Any]) -> None:
    frame = pd.DataFrame({"address": [f"x{i}" for i in range(len(cells))], "a": [str(cell) for cell in cells]})
    frame.to_csv(tmp_path / "own.csv", index=False)
    file = read_features(tmp_path / "own.csv")
    if "a" in file.ignored:
        return
    for row, (cell, value) in enumerate(zip(cells, file.values["a"], strict=True), start=1):
        if isinstance(cell, float) and np.isfinite(cell):
            assert np.float32(value) == np.float32(cell) and row not in file.problems
        elif cell == "true":
            assert value == 1
        else:
            assert np.isnan(value) or row in file.problems

"""Every kind of bad row in a label file is reported with its row number, and no other row is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import BadInputError, UsageError
from trainer.labels.checks import check_own, complete, row_problems
from trainer.labels.formats import formats, read_labels
from trainer.labels.store import label_table
from trainer.labels.taxonomy import RISK_LEVELS

EVM = "0x" + "ab" * 20
GOOD = {
    "address": EVM, "risk_level": "high", "confidence_score": "0.9", "processing_date": "2025-08-01",
    "window_days": "90", "network": "ethereum", "source": "me", "label": "mixer",
}  # fmt: skip
NOTHING: dict[str, Any] = dict.fromkeys(("network", "processing_date", "window_days", "source"))


def problems(rows: list[dict[str, str]], **given_: Any) -> dict[int, str]:
    frame = pd.DataFrame(rows, dtype=str)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    return check_own(Path("labels.csv"), frame, NOTHING | given_).problems


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("risk_level", "severe", "risk_level 'severe' is not one of"),
        ("risk_level", "", "risk_level '' is not"),
        ("confidence_score", "1.01", r"confidence_score '1.01' is not a number in \[0, 1\]"),
        ("confidence_score", "-0.1", "not a number in"),
        ("confidence_score", "high", "not a number in"),
        ("confidence_score", "nan", "not a number in"),
        ("confidence_score", "inf", "not a number in"),
        ("confidence_score", "0,9", "not a number in"),
        ("processing_date", "01.08.2025", "not a date"),
        ("processing_date", "2025-8-1", "not a date"),
        ("processing_date", "2025-02-30", "not a date"),
        ("processing_date", "2025-08-0199", "not a date"),
        ("processing_date", "1900-01-01", "not a date"),
        ("processing_date", "0001-01-01", "not a date"),
        ("processing_date", str(date.today() + timedelta(days=2)), "in the future"),
        ("processing_date", "9999-12-31", "."),
        ("window_days", "ninety", "not a number of days"),
        ("window_days", "0", "not a number of days"),
        ("window_days", "65536", "not a number of days"),
        ("window_days", "90.5", "not a number of days"),
        ("window_days", "٩٠", "not a number of days"),
        ("window_days", "9" * 400, "not a number of days"),
        ("network", "torus", "not an address of torus"),
        ("address", "", "address is empty"),
        ("address", EVM[:-1], "not an address of ethereum"),
        ("address", "0x" + "x" * 1_000_000, "longer than 256"),
    ],
)
def test_a_bad_value_is_reported_by_row(column: str, value: str, reason: str) -> None:
    reasons = problems([GOOD, GOOD | {column: value}, GOOD])
    assert list(reasons) == [2]
    assert pd.Series(reasons[2]).str.contains(reason).all(), reasons[2]
    assert len(reasons[2]) < 400


def test_good_rows_have_no_problem() -> None:
    rows = [
        GOOD,
        GOOD | {"risk_level": " HIGH "},
        GOOD | {"confidence_score": ""},
        GOOD | {"confidence_score": "1e-3"},
        GOOD | {"processing_date": "2025-08-01 00:00:00"},
        GOOD | {"processing_date": "2025-08-01T12:00:00Z"},
        GOOD | {"window_days": "90.0"},
        GOOD | {"address": f"  {EVM.upper()} "},
        GOOD | {"processing_date": str(date.today())},
    ]
    assert problems(rows) == {}


def test_a_value_that_differs_from_the_option_is_reported() -> None:
    rows = [GOOD, GOOD | {"network": "base"}, GOOD | {"window_days": "91"}, GOOD | {"processing_date": "2025-08-02"}]
    reasons = problems(rows, network="ethereum", window_days=90, processing_date=date(2025, 8, 1))
    assert sorted(reasons) == [2, 3, 4]
    assert (
        "differs from --network ethereum" in reasons[2]
        and "differs from --window-days 90" in reasons[3]
        and "differs from --processing-date 2025-08-01" in reasons[4]
    )


@pytest.mark.parametrize("network", ["x'; DROP TABLE raw_alerts; --", "{0}", "{value}", "%s"])
def test_a_strange_network_is_a_value_like_any_other(network: str) -> None:
    assert f"differs from --network {network}" in problems([GOOD], network=network)[1]


def test_missing_columns_are_filled_from_the_options() -> None:
    rows = [{"address": EVM, "risk_level": "low"}]
    assert problems(rows, network="ethereum", window_days=90, processing_date=date(2025, 8, 1), source="desk") == {}


@pytest.mark.parametrize(
    ("drop", "reason"),
    [
        ("address", "no column address"),
        ("risk_level", "no column risk_level"),
        ("network", "--network"),
        ("window_days", "--window-days"),
        ("processing_date", "--processing-date"),
    ],
)
def test_a_missing_column_is_reported(drop: str, reason: str) -> None:
    with pytest.raises(BadInputError, match=reason):
        problems([{name: value for name, value in GOOD.items() if name != drop}])


ANYTHING = st.text(max_size=12) | st.sampled_from(
    ["0.5", "1", "true", "True", "0x1", "1_0", "1e5", "2025-08-01", "high", "NaN", "-0", "+1", " 5 ", "\x00"]
)


@given(st.lists(st.fixed_dictionaries({name: st.just(value) | ANYTHING for name, value in GOOD.items()}), min_size=1, max_size=6))
def test_every_row_is_either_reported_or_can_be_loaded(rows: list[dict[str, str]]) -> None:
    frame = pd.DataFrame(rows, dtype=str)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    whole = complete(Path("labels.csv"), frame, NOTHING)
    reasons = row_problems(whole, NOTHING)
    assert set(reasons) <= set(whole.index)
    loaded = label_table(whole[~whole.index.isin(reasons)])
    assert loaded.num_rows == len(rows) - len(reasons)
    assert set(loaded["risk_level"].to_pylist()) <= set(RISK_LEVELS)
    assert all(0 <= value <= 1 for value in loaded["confidence_score"].to_pylist())
    assert all(day <= date.today() for day in loaded["processing_date"].to_pylist())


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_only_their_numbers(order: list[int]) -> None:
    rows = [GOOD, GOOD | {"risk_level": "x"}, GOOD, GOOD | {"address": ""}, GOOD | {"window_days": "?"}, GOOD]
    straight = problems(rows)
    mixed = problems([rows[position] for position in order])
    assert {order[row - 1] + 1: reason for row, reason in mixed.items()} == straight


# ---- the files ------------------------------------------------------------------------------------------------------


def test_the_registered_formats_are_csv_and_parquet() -> None:
    assert {"csv", "parquet"} <= set(formats())


def test_csv_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    frame = pd.DataFrame([GOOD, GOOD | {"label": "", "confidence_score": "0.25"}])
    frame.to_csv(tmp_path / "a.csv", index=False)
    typed = frame.assign(
        window_days=90, confidence_score=frame["confidence_score"].astype(float), processing_date=date(2025, 8, 1)
    )
    typed.to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read_labels(tmp_path / "a.csv"), read_labels(tmp_path / "a.parquet"), check_dtype=False)


def test_a_byte_order_mark_and_spaces_after_commas_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfaddress, risk_level\r\n0xa, high\r\n")
    assert read_labels(tmp_path / "a.csv").to_dict("records") == [{"address": "0xa", "risk_level": "high"}]


def test_text_that_looks_like_a_missing_value_stays_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("address,risk_level,label\n0xa,high,NA\n0xb,low,\n")
    assert read_labels(tmp_path / "a.csv")["label"].tolist() == ["NA", ""]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.csv", b""), ("a.csv", b"\x00\x01\x02\xff\xfe" * 50), ("a.csv", "address,risk_level\n0xä,high\n".encode("latin-1")),
        ("a.csv", "address,risk_level\n0xa,high\n".encode("utf-16")), ("a.csv", b'address,risk_level\n"0xa,high\n0xb,low\n'),
        ("a.csv", b"address,risk_level\n0xa,high\n0xb,low,1,2,3\n"), ("a.csv", b"address,risk_level\n0xa,high,1\n0xb,low,2\n"),
        ("a.parquet", b""), ("a.parquet", b"PAR1"), ("a.parquet", b"address,risk_level\n0xa,high\n"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(BadInputError, match=name):
        read_labels(tmp_path / name)


def test_a_parquet_file_cut_short_or_with_a_column_twice_is_named(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    pd.DataFrame([GOOD] * 100).to_parquet(path)
    whole = path.read_bytes()
    for size in range(1, len(whole), len(whole) // 8):
        path.write_bytes(whole[:size])
        with pytest.raises(BadInputError, match=r"a\.parquet"):
            read_labels(path)
    pq.write_table(pa.Table.from_arrays([pa.array(["0xa"]), pa.array(["0xb"])], names=["address", "address"]), path)
    with pytest.raises(BadInputError, match=r"a\.parquet"):
        read_labels(path)


def test_a_file_of_no_known_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(BadInputError, match=r"--format, one of: addresses, cryptoscamdb, csv"):
        read_labels(tmp_path / "a.xlsx")
    with pytest.raises(BadInputError, match="no file"):
        read_labels(tmp_path / "nowhere.csv")
    with pytest.raises(BadInputError, match=r"is a folder.* such as a.xlsx"):
        read_labels(tmp_path, "csv")
    with pytest.raises(UsageError, match="'tsv'.*csv"):
        read_labels(tmp_path / "a.xlsx", "tsv")


@given(st.binary(max_size=80), st.sampled_from(["a.csv", "a.parquet"]))
def test_any_bytes_are_read_or_refused_with_bad_input(tmp_path_factory: pytest.TempPathFactory, raw: bytes, name: str) -> None:
    path = tmp_path_factory.mktemp("raw") / name
    path.write_bytes(raw)
    try:
        frame = read_labels(path)
    except BadInputError as error:
        assert name in str(error)
        return
    assert all(isinstance(value, str) for column in frame for value in frame[column])

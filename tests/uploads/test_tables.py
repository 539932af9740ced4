"""Reading uploaded files: limits, damaged files, column mapping."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trainer.errors import BadInputError
from trainer.uploads import MEBIBYTE, map_columns, read_csv, read_head, read_parquet, read_text, require_size, text_cells


def test_a_parquet_file_is_limited_by_its_unpacked_size(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"text": pa.array(["x" * 1000] * 20_000)}), path)
    assert path.stat().st_size < MEBIBYTE < 20_000 * 1000
    assert len(read_parquet(path, 32 * MEBIBYTE)["text"]) == 20_000
    with pytest.raises(BadInputError, match=r"bomb\.parquet unpacks to more than 10 MiB; split it"):
        read_parquet(path, 10 * MEBIBYTE)


def test_parquet_columns_are_whole_arrays_whatever_the_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    values = list(range(30_000))
    coded = pa.array([f"name {i % 3}" for i in values]).dictionary_encode()
    pq.write_table(pa.table({"n": values, "coded": coded, "none": pa.nulls(30_000)}), path, row_group_size=7_000)
    columns = read_parquet(path, 64 * MEBIBYTE)
    assert list(columns) == ["n", "coded", "none"]
    assert columns["n"].to_pylist() == values
    assert columns["coded"].to_pylist() == coded.to_pylist()
    assert text_cells(path, "none", columns["none"]) == [""] * 30_000


def test_a_parquet_file_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"address": pa.array([], pa.string())}), path)
    assert {name: len(cells) for name, cells in read_parquet(path, MEBIBYTE).items()} == {"address": 0}


def test_a_value_without_a_text_form_is_reported_by_column(tmp_path: Path) -> None:
    times = pa.array([2**62], pa.int64()).cast(pa.timestamp("s"))
    with pytest.raises(BadInputError, match=r"own\.parquet: column 'processing_date' cannot be read as text"):
        text_cells(tmp_path / "own.parquet", "processing_date", times)


def test_a_file_is_limited_in_size_and_must_not_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (2 * MEBIBYTE))
    require_size(path, 2 * MEBIBYTE, "a CSV file", "split it")
    with pytest.raises(BadInputError, match=r"a\.csv has 2 MiB; a CSV file may have at most 1 MiB: split it\."):
        require_size(path, MEBIBYTE, "a CSV file", "split it")
    path.write_bytes(b"")
    for check in (lambda: require_size(path, MEBIBYTE, "a CSV file", "split it"), lambda: read_head(path, 4)):
        with pytest.raises(BadInputError, match=r"a\.csv is empty"):
            check()
    with pytest.raises(BadInputError, match="There is no file"):
        read_head(tmp_path / "absent", 4)


@pytest.mark.parametrize("end", ["", " "])
def test_a_missing_line_break_at_the_end_is_refused(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"address,a\nx,1.2{end}")
    assert read_text(path, "a CSV file").endswith(f"1.2{end}")
    for read in (read_csv, lambda file: read_text(file, "a CSV file", require_line_end=True)):
        with pytest.raises(BadInputError, match="cut short: its last line has no line break"):
            read(path)
    for line_break in ("\n", "\r\n", "\r"):
        path.write_bytes(f"address,a{line_break}x,1.2{line_break}".encode())
        assert read_csv(path).values.tolist() == [["x", "1.2"]]


def test_a_mapped_column_replaces_one_of_the_same_name_and_may_serve_twice(tmp_path: Path) -> None:
    path, present = tmp_path / "a.csv", ["addr", "risk", "address", "note"]
    assert map_columns(path, present, {}) == {name: name for name in present}
    mapped = map_columns(path, present, {"address": "addr", "risk_level": "risk", "label": "risk"})
    assert list(mapped.items()) == [("note", "note"), ("address", "addr"), ("risk_level", "risk"), ("label", "risk")]
    with pytest.raises(BadInputError, match=r"a\.csv has no column nowhere; it has: addr, risk, address, note\."):
        map_columns(path, present, {"address": "nowhere"})


@pytest.mark.parametrize("kind", ["binary", "large_binary", "dictionary"])
def test_bytes_are_text_if_they_are_utf8_and_never_a_representation(tmp_path: Path, kind: str) -> None:
    types = {"binary": pa.binary(), "large_binary": pa.large_binary()}
    good, bad = (pa.array(values, types.get(kind, pa.binary())) for values in ([b"0xab", None], [b"0xab", b"\xff\xfe"]))
    if kind == "dictionary":
        good, bad = good.dictionary_encode(), bad.dictionary_encode()
    assert text_cells(tmp_path / "own.parquet", "address", good) == ["0xab", ""]
    with pytest.raises(BadInputError, match="column 'address' cannot be read as text"):
        text_cells(tmp_path / "own.parquet", "address", bad)


@pytest.mark.parametrize("cells", [pa.array([["0xab"], []]), pa.array([{"a": 1}, None])], ids=["list", "struct"])
def test_a_list_is_no_text(tmp_path: Path, cells: pa.Array) -> None:
    with pytest.raises(BadInputError, match="column 'address' is no text but (list|struct)<"):
        text_cells(tmp_path / "own.parquet", "address", cells)

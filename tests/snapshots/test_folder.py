"""Every wrapping of a table is read, refused or named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.snapshots import packed
from trainer.errors import BadInputError
from trainer.snapshots import meta
from trainer.snapshots import reader as snapshot
from trainer.snapshots.folder import Contents
from trainer.snapshots.survey import survey
from trainer.snapshots.unpack import MAX_RATIO, unpacked
from trainer.warehouse import RAW_FEATURES


def contents(root: Path, *names: str) -> Contents:
    """Make a snapshot folder with these Parquet files and return what is read of it."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"address": ["0xa"]}), path)
    return snapshot.contents_of(root)


@pytest.mark.parametrize(
    "names",
    [
        ["features.parquet"],
        ["FEATURES.PARQUET"],
        ["Features.Parquet"],
        ["features.pq"],
        ["features.snappy.parquet"],
        ["features.parquet.gz"],
        ["features.parquet.zst"],
        ["features.PQ.GZ"],
        ["features_0.parquet"],
        ["features_0.parquet", "features_1.parquet"],
        ["features_1.parquet", "features_2.parquet"],
        ["features-00000.parquet", "features-00001.parquet"],
        ["features-00000-of-00002.parquet", "features-00001-of-00002.parquet"],
        ["features.part1.parquet", "features.part2.parquet"],
        ["features_part_0.parquet.gz", "features_part_1.parquet.gz"],
        [f"features_{number}.parquet" for number in range(12)],
        ["features.parquet/part-00000-9a1c-c000.snappy.parquet", "features.parquet/part-00001-9a1c-c000.snappy.parquet"],
        ["features.parquet/part-0.parquet"],
        ["features/a.parquet", "features/b.parquet"],
        ["Features.parquet/part-00000.parquet"],
        ["features/features_0.parquet", "features/features_1.parquet"],
    ],
)
def test_a_wrapping_is_read_in_order(tmp_path: Path, names: list[str]) -> None:
    folder = tmp_path / "simnet" / "2025-08-01" / "90"
    found = contents(folder, *names)
    assert found.tables == {"features": tuple(folder / name for name in names)}
    assert found.not_understood == []
    assert snapshot.find_folders(tmp_path) == [folder]


def test_a_plain_folder_of_a_tables_name_is_a_table_only_beside_others(tmp_path: Path) -> None:
    assert contents(tmp_path, "features/own.parquet").not_understood == ["features/"]
    assert contents(tmp_path, "alerts.parquet").tables.keys() == {"alerts", "features"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["features.parquet", "features_0.parquet"], "more than once: features.parquet, features_0.parquet"),
        (["features.parquet", "FEATURES.PARQUET"], "more than once"),
        (["features.parquet", "features.parquet.gz"], "more than once: features.parquet, features.parquet.gz"),
        (["features.pq", "features.parquet"], "more than once"),
        (["features.pq", "features/part-0.parquet"], "more than once: features, features.pq"),
        (["features/a.parquet", "features.parquet/a.parquet"], "more than once: features.parquet, features;"),
        (["features_0.parquet", "features_2.parquet"], "features_0.parquet, features_2.parquet, which are not numbered"),
        (["features_0.parquet", "features_00.parquet"], "not numbered"),
        (["features_2025.parquet"], "features_2025.parquet, which are not numbered"),
        (["features-00000-of-00002.parquet"], "has 1 of the parts"),
        (["features.parquet/part-00000.parquet", "features.parquet/part-00002.parquet"], "not numbered"),
        (["features/data-00000-of-00003.parquet", "features/data-00001-of-00003.parquet", "alerts.parquet"], "add the others"),
        (["features.parquet/part-00000.parquet", "features.parquet/_part-00001.parquet"], "_part-00001.parquet; remove them"),
        (["features.parquet/part-00000.parquet", "features.parquet/part-00001.parquet.tmp"], "no parts of the table"),
        (["features.parquet/part-00000.parquet", "features.parquet/part-00001.csv"], "no parts of the table"),
        (["features.parquet/year=2025/a.parquet"], "no plain folder"),
        (["features.parquet/a.parquet", "features.parquet/_delta_log/b.parquet"], "no plain folder"),
    ],
)
def test_a_table_that_is_there_twice_or_in_part_is_refused_with_the_names(tmp_path: Path, names: list[str], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        contents(tmp_path, *names)


def test_spark_may_skip_numbers_when_it_says_that_it_is_complete(tmp_path: Path) -> None:
    for name in ("_SUCCESS", ".part-00000.parquet.crc", "_committed_1"):
        (tmp_path / "alerts.parquet").mkdir(exist_ok=True)
        (tmp_path / "alerts.parquet" / name).write_text("")
    found = contents(tmp_path, "alerts.parquet/part-00000.parquet", "alerts.parquet/part-00002.parquet")
    assert len(found.tables["alerts"]) == 2 and found.not_understood == []


def test_everything_else_is_named_but_for_what_needs_no_word(tmp_path: Path) -> None:
    for name in ("META.json", "README.md", "LICENSE", "licence.txt", ".DS_Store", "_SUCCESS", ".alerts.parquet.crc"):
        (tmp_path / name).write_text("{}")
    assert contents(tmp_path, "alerts.parquet").not_understood == []
    for name in ("_features.parquet", "features_v2.parquet", "notes.txt", "alerts.csv", "foo.parquet", "features.parquet.bak"):
        (tmp_path / name).write_text("")
    (tmp_path / "plots").mkdir()
    (tmp_path / "broken.parquet").symlink_to(tmp_path / "absent")
    assert snapshot.contents_of(tmp_path).not_understood == [
        "_features.parquet", "alerts.csv", "broken.parquet", "features.parquet.bak", "features_v2.parquet", "foo.parquet", "notes.txt", "plots/",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["features.csv", "features.json", "features.csv.gz", "features", "FEATURES.feather"])
def test_a_table_in_another_format_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "simnet" / "2025-08-01" / "90"
    folder.mkdir(parents=True)
    (folder / name).write_text("address\n")
    with pytest.raises(BadInputError, match=f"{name} is not Parquet"):
        snapshot.find_folders(tmp_path)
    contents(folder, "alerts.parquet")
    with pytest.raises(BadInputError, match=f"{name} is not Parquet"):
        snapshot.find_folders(tmp_path)
    contents(folder, "features.parquet" if name != "features" else "features_0.parquet")
    assert snapshot.find_folders(tmp_path) == [folder] and name in snapshot.contents_of(folder).not_understood


def test_a_folder_without_a_table_lists_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "alerts.csv").write_text("")
    with pytest.raises(BadInputError, match=r"no snapshot files .*; it has alerts\.csv"):
        snapshot.find_folders(tmp_path)


def test_parts_that_differ_in_columns_are_refused(tmp_path: Path) -> None:
    for number, names in enumerate((["address", "a"], ["address", "b"])):
        pq.write_table(pa.table({name: ["0xa"] for name in names}), tmp_path / f"features_{number}.parquet")
    with pytest.raises(BadInputError, match=r"features_1\.parquet and features_0\.parquet differ in the columns a, b"):
        survey(RAW_FEATURES, [tmp_path / "features_0.parquet", tmp_path / "features_1.parquet"], {})


def test_columns_are_judged_over_all_parts(tmp_path: Path) -> None:
    numbers = [*range(12)]
    parts = [
        {"label": pa.nulls(12), "a.b": numbers, "kind": ["x"] * 12},
        {"label": numbers, "a.b": numbers, "kind": numbers[::-1]},
    ]
    for number, columns in enumerate(parts):
        table = pa.table({"address": [f"0x{i}" for i in numbers]} | columns)
        pq.write_table(table, tmp_path / f"features_{number}.parquet")
    paths = [tmp_path / "features_0.parquet", tmp_path / "features_1.parquet"]
    assert survey(RAW_FEATURES, paths, {}).left_out == {
        "label": "has the name of an answer",
        "a.b": "is a row number",
        "kind": "is not numeric in every part",
    }
    assert survey(RAW_FEATURES, paths, {}, ["label", "a.b", "kind"]).left_out == {}


def test_checksums_and_counts_hold_for_parts(tmp_path: Path) -> None:
    contents(tmp_path, "features_0.parquet", "features_1.parquet", "alerts.parquet/part-0.parquet")
    shape = snapshot.shape_of(tmp_path)
    assert shape is not None
    files = shape.files(tmp_path, "simnet")

    def check(content: dict[str, dict[str, object]]) -> None:
        (tmp_path / "META.json").write_text(json.dumps(content))
        meta.verify(tmp_path, files, snapshot.known_tables())
        for file in files:
            meta.verify_counts(tmp_path, file, snapshot.parquet_rows, list(file.paths))

    check({"counts": {"features": 2, "features_0.parquet": 1, "alerts": 1}})
    for content, message in (
        ({"sha256": {"features_1.parquet": "0"}}, "features_1.parquet: sha256"),
        ({"sha256": {"alerts.parquet/part-0.parquet": "0"}}, "part-0.parquet: sha256"),
        ({"sha256": {"alerts.parquet": "0"}}, "lists alerts.parquet"),
        ({"sha256": {"features_2.parquet": "0"}}, "lists features_2.parquet"),
        ({"sha256": {"alerts.parquet/part-1.parquet": "0"}}, "lists alerts.parquet/part-1.parquet"),
        ({"counts": {"features": 3}}, "2 rows, but META.json says 3"),
        ({"counts": {"features_1": 3}}, "1 rows, but META.json says 3"),
        ({"counts": {"features": "3"}}, 'no number of rows for features, but "3"'),
        ({"counts": {"features": True}}, "no number of rows"),
        ({"counts": {"features": 1e999}}, "no number of rows"),
    ):
        with pytest.raises(BadInputError, match=message):
            check(content)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_packed_file_is_unpacked_within_a_limit(tmp_path: Path, ending: str) -> None:
    from contextlib import ExitStack

    plain = tmp_path / "features.parquet"
    pq.write_table(pa.table({"address": ["0xa"]}), plain)
    path = packed(plain, ending)
    file = snapshot.SnapshotFile(path, RAW_FEATURES)
    with ExitStack() as stack:
        (found,) = unpacked(stack, file)
        assert snapshot.parquet_rows(found) == 1
    assert not found.exists()
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    with ExitStack() as stack, pytest.raises(BadInputError, match="cannot be unpacked|not a Parquet file"):
        snapshot.parquet_rows(unpacked(stack, file)[0])
    path.write_bytes(
        gzip.compress(b"\0" * 400_000_000, 1) if ending == ".gz" else bytes(pa.compress(b"\0" * 400_000_000, "zstd"))
    )
    with ExitStack() as stack, pytest.raises(BadInputError, match=f"more than {MAX_RATIO} times"):
        unpacked(stack, file)

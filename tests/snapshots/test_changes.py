"""A snapshot folder is loaded again if a file of it has other content, and not because its files were copied or touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import snapshots
from trainer.snapshots import changes
from trainer.snapshots.changes import described_files, reason_to_load
from trainer.snapshots.reader import SnapshotFile, shape_of
from trainer.warehouse import LoadedTable

ROWS = {"raw_alerts": 6, "raw_features": 6, "raw_clusters": 1, "raw_money_flows": 5}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return snapshots.write(tmp_path, snapshots.tables())


def files_of(folder: Path) -> list[SnapshotFile]:
    shape = shape_of(folder)
    assert shape is not None
    return shape.files(folder, "badnet")


def loaded_from(folder: Path) -> dict[str, LoadedTable]:
    return {one.table.name: LoadedTable(ROWS[one.table.name], 0, 1, described_files(one)) for one in files_of(folder)}


def test_a_folder_that_was_never_loaded_is_new(folder: Path) -> None:
    assert reason_to_load(files_of(folder), {}, {}) == "new"


def test_untouched_files_are_not_even_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = loaded_from(folder)
    monkeypatch.setattr(changes, "_sha256", lambda path: pytest.fail(f"{path} was read"))
    assert reason_to_load(files_of(folder), loaded, ROWS) == ""


def test_touched_and_moved_files_with_the_same_content_are_not_loaded_again(folder: Path, tmp_path: Path) -> None:
    loaded = loaded_from(folder)
    os.utime(folder / "alerts.parquet", (0, 0))
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    assert reason_to_load(files_of(moved), loaded, ROWS) == ""


def test_a_changed_file_is_named(folder: Path) -> None:
    loaded = loaded_from(folder)
    frame = snapshots.tables()["clusters"].assign(cluster_type="other")
    frame.to_parquet(folder / "clusters.parquet")
    assert "clusters.parquet" in reason_to_load(files_of(folder), loaded, ROWS)


def test_other_content_of_the_same_size_is_seen(folder: Path) -> None:
    loaded, path = loaded_from(folder), folder / "alerts.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "alerts.parquet" in reason_to_load(files_of(folder), loaded, ROWS)


def test_a_table_more_is_seen(folder: Path) -> None:
    loaded = loaded_from(folder)
    del loaded["raw_clusters"]
    assert "clusters.parquet" in reason_to_load(files_of(folder), loaded, ROWS)


def test_rows_that_the_warehouse_has_lost_are_loaded_again(folder: Path) -> None:
    assert "raw_features" in reason_to_load(files_of(folder), loaded_from(folder), ROWS | {"raw_features": 5})

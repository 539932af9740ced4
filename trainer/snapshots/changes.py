"""Which snapshot folders are new or have changed since they were loaded, from the files that `trainer ingest` recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.snapshots.reader import SnapshotFile
    from trainer.warehouse import LoadedTable


def described_files(file: SnapshotFile) -> list[dict[str, Any]]:
    """Return path, size, time of modification and checksum of the files of a table, in order."""
    return [_described(path) | {"sha256": _sha256(path)} for path in file.paths]


def reason_to_load(files: list[SnapshotFile], loaded: Mapping[str, LoadedTable], rows: Mapping[str, int]) -> str:
    """Return why a snapshot folder is to be loaded, "" if its files are those that were loaded.

    A file with the same path, size and time of modification as before is not read; of any other the checksum decides.

    Args:
        files: the tables of the folder.
        loaded: table → what was loaded last of this snapshot.
        rows: table → number of rows of this snapshot that are in the warehouse.
    """
    names = [file.table.name for file in files]
    if not any(name in loaded for name in names):
        return "new"
    for file in files:
        known = loaded.get(file.table.name)
        if known is None or not _same_files(file, known.files):
            return f"{file.path.name} has changed"
        if rows.get(file.table.name, 0) < known.rows:
            return f"rows of {file.table.name} are missing in the warehouse"
    return ""


def _same_files(file: SnapshotFile, known: list[dict[str, Any]]) -> bool:
    if len(file.paths) != len(known):
        return False
    for path, before in zip(file.paths, known, strict=True):
        now = _described(path)
        is_untouched = all(now[name] == before[name] for name in now)
        if not is_untouched and (now["size"] != before["size"] or _sha256(path) != before["sha256"]):
            return False
    return True


def _described(path: Path) -> dict[str, Any]:
    state = path.stat()
    return {"path": str(path.resolve()), "size": state.st_size, "modified_ns": state.st_mtime_ns}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

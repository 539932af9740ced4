"""Reads the layout of snapshot folders: their shape, their key and their checksums.

A shape says which files identify it and which table each of its files is loaded into; columns are matched by name. Shapes
are registered by entry point (group `trainer.snapshots`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from trainer.addresses import network_problem
from trainer.errors import BadInputError, user_code
from trainer.keys import FIRST_DATE, LAST_DATE, MAX_WINDOW_DAYS, SnapshotKey
from trainer.warehouse import Table

ENTRY_POINT_GROUP = "trainer.snapshots"
KEY_IN_PATH = re.compile(r"(?P<network>[^/]+)/(?P<date>\d{4}-\d{2}-\d{2})/(?P<window>\d{1,5})$")


@dataclass(frozen=True)
class SnapshotFile:
    """One Parquet file and the table it is loaded into.

    With `landing`, rows are first loaded into a side table of that shape, and the query `aggregate` turns them into rows of
    `table`.
    """

    path: Path
    table: Table
    renames: dict[str, str] = field(default_factory=dict)
    landing: Table | None = None
    aggregate: str = ""


@dataclass(frozen=True)
class SnapshotShape:
    """A layout of snapshot folders.

    Attributes:
        name: the shape's name in messages and results.
        needs_any, needs_none: file stems; a folder has this shape if it has any of the former and none of the latter.
        tables: file stem → the table its rows are loaded into.
        renames: column of a file → column of the table, where the file lacks the table's name.
        landings: file stem → (table its rows pass through, query that aggregates them; `{landing}` stands for that table).
        ignored: file stem → why the file is not loaded.
        labels_beside: whether labels may be in `address-labels/` beside the snapshots.
    """

    name: str
    needs_any: frozenset[str]
    needs_none: frozenset[str]
    tables: dict[str, Table]
    renames: dict[str, str] = field(default_factory=dict)
    landings: dict[str, tuple[Table, str]] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    labels_beside: bool = False

    def matches(self, stems: set[str]) -> bool:
        """Return whether a folder with these Parquet files has this shape."""
        return bool(stems & self.needs_any) and not stems & self.needs_none

    def files(self, folder: Path, network: str) -> list[SnapshotFile]:
        """Return the folder's files that are loaded into tables, in the order of `tables`."""
        files = []
        for stem, table in self.tables.items():
            path = folder / f"{stem}.parquet"
            if stem == "address_labels" and self.labels_beside and not path.is_file():
                path = _labels_beside(folder, network)
            if path.is_file():
                landing, aggregate = self.landings.get(stem, (None, ""))
                files.append(SnapshotFile(path, table, self.renames, landing, aggregate))
        return files


def shapes() -> list[SnapshotShape]:
    """Return the registered shapes, sorted by name."""
    points = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)
    return [point.load() for point in points]


def find_folders(path: Path) -> list[Path]:
    """Return the snapshot folders at or below `path`, sorted.

    Raises:
        BadInputError: `path` does not exist or contains no folder of a known shape.
    """
    if not path.is_dir():
        raise BadInputError(f"There is no folder {path}.")
    folders = [folder for folder in (path, *sorted(path.rglob("*"))) if folder.is_dir() and _is_snapshot(folder)]
    if not folders:
        raise BadInputError(f"There are no snapshot files (alerts.parquet, features.parquet, transfers.parquet, …) in {path}.")
    return folders


def _is_snapshot(folder: Path) -> bool:
    """Return whether a folder is a snapshot.

    Raises:
        BadInputError: the folder has snapshot files in a combination that no shape allows.
    """
    if shape_of(folder) is not None:
        return True
    tables = {stem for shape in shapes() for stem in shape.tables}
    if stems := sorted({file.stem for file in folder.glob("*.parquet")} & tables - {"address_labels"}):
        raise BadInputError(f"{folder} has {', '.join(stems)} and other files; no known snapshot shape has this combination.")
    return False


def shape_of(folder: Path) -> SnapshotShape | None:
    """Return the first registered shape the folder has, or None."""
    stems = {file.stem for file in folder.glob("*.parquet")}
    for shape in shapes():
        with user_code(shape, "matches", str(folder)):
            if shape.matches(stems):
                return shape
    return None


def key_of(
    folder: Path, network: str | None = None, processing_date: date | None = None, window_days: int | None = None
) -> SnapshotKey:
    """Return the snapshot key from the folder's path, its META.json and the arguments.

    Raises:
        BadInputError: two of them disagree, or a part of the key is missing or invalid.
    """
    given: dict[str, Any] = {"network": network, "processing_date": processing_date, "window_days": window_days}
    known = _key_in_path(folder)
    for part, value in _key_in_meta(folder).items():
        if known.setdefault(part, value) != value:
            raise BadInputError(f"{folder} is of {part} {known[part]}, but its META.json says {value}.")
    for part, value in given.items():
        if value is not None and known.get(part, value) != value:
            raise BadInputError(f"{_option(part)} is {value}, but {folder} is of {known[part]}.")
        known.setdefault(part, value)
    if missing := [part for part in given if known[part] is None]:
        raise BadInputError(
            f"{folder} does not end in network/processing_date/window_days; give {', '.join(map(_option, missing))}."
        )
    if (problem := network_problem(known["network"])) is not None:
        raise BadInputError(f"{folder}: {problem}; give --network.")
    if not 1 <= known["window_days"] <= MAX_WINDOW_DAYS:
        raise BadInputError(f"{folder}: a window of {known['window_days']} days is not between 1 and {MAX_WINDOW_DAYS}.")
    if not FIRST_DATE <= known["processing_date"] <= LAST_DATE:
        raise BadInputError(f"{folder}: the date {known['processing_date']} is not between {FIRST_DATE} and {LAST_DATE}.")
    return SnapshotKey(**known)


def verify(folder: Path, files: list[SnapshotFile]) -> None:
    """Check the files against META.json: checksums in either form (`sha256[file]`, `files[file].md5`) and row counts.

    Raises:
        BadInputError: a checksum or a count differs, a listed file is missing, or META.json is not a JSON object.
    """
    meta = _meta(folder)
    listed = _checksums(meta)
    for file in files:
        if file.path.parent != folder:
            continue
        for algorithm, expected in listed.get(file.path.name, {}).items():
            with file.path.open("rb") as stream:
                actual = hashlib.file_digest(stream, algorithm).hexdigest()
            if actual != expected.lower():
                raise BadInputError(f"{file.path}: {algorithm} is {actual}, but META.json says {expected}; nothing was loaded.")
        expected_rows = _counts(meta).get(file.path.stem)
        if expected_rows is not None and expected_rows != (rows := parquet_rows(file.path)):
            raise BadInputError(f"{file.path} has {rows} rows, but META.json says {expected_rows}; nothing was loaded.")
    present = {file.path.name for file in files}
    tables = {f"{stem}.parquet" for shape in shapes() for stem in shape.tables}
    for name in sorted(set(listed) & tables - present):
        if not (folder / name).is_file():
            raise BadInputError(f"META.json lists {name}, but {folder} does not have it; nothing was loaded.")


def parquet_rows(path: Path) -> int:
    """Return the number of rows in a Parquet file's metadata.

    Raises:
        BadInputError: the file is not Parquet, or cut short.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> BadInputError:
    """Return the error for a Parquet file that cannot be read; the snapshot it belongs to is not loaded."""
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    return BadInputError(f"{path} is not a Parquet file, or damaged ({reason}); nothing of its snapshot was loaded.")


def _option(part: str) -> str:
    return "--" + part.replace("_", "-")


def _labels_beside(folder: Path, network: str) -> Path:
    """Return the network's label file of the October export, in address-labels/ beside the snapshots/ folder."""
    name = f"{network}_address_labels.parquet"
    candidates: Iterator[Path] = (parent / "address-labels" / name for parent in folder.resolve().parents[:4])
    return next((path for path in candidates if path.is_file()), folder / name)


def _key_in_path(folder: Path) -> dict[str, Any]:
    match = KEY_IN_PATH.search(folder.resolve().as_posix())
    if match is None:
        return {}
    try:
        day = date.fromisoformat(match["date"])
    except ValueError as error:
        raise BadInputError(f"{folder}: '{match['date']}' is not a date.") from error
    return {"network": match["network"], "processing_date": day, "window_days": int(match["window"])}


def _key_in_meta(folder: Path) -> dict[str, Any]:
    meta = _meta(folder)
    try:
        known: dict[str, Any] = {}
        if "network" in meta:
            known["network"] = str(meta["network"])
        if "processing_date" in meta:
            known["processing_date"] = date.fromisoformat(str(meta["processing_date"]))
        if "window_days" in meta:
            known["window_days"] = int(meta["window_days"])
    except (ValueError, TypeError, OverflowError) as error:
        raise BadInputError(f"{folder / 'META.json'} has an invalid snapshot key: {error}.") from error
    return known


def _meta(folder: Path) -> dict[str, Any]:
    path = folder / "META.json"
    if not path.is_file():
        return {}
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise BadInputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(meta, dict):
        raise BadInputError(f"{path} must contain a JSON object.")
    return meta


def _checksums(meta: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return file name → algorithm → hex digest, from either form of META.json."""
    sums: dict[str, dict[str, str]] = {}
    for algorithm in ("sha256", "md5"):
        section = meta.get(algorithm)
        if isinstance(section, dict):
            for name, digest in section.items():
                sums.setdefault(_file_name(name), {})[algorithm] = str(digest)
    section = meta.get("files")
    for name, entry in section.items() if isinstance(section, dict) else ():
        for algorithm in ("sha256", "md5"):
            if isinstance(entry, dict) and entry.get(algorithm):
                sums.setdefault(_file_name(name), {})[algorithm] = str(entry[algorithm])
    return sums


def _counts(meta: dict[str, Any]) -> dict[str, int]:
    section = meta.get("counts")
    if not isinstance(section, dict):
        return {}
    return {Path(name).stem: count for name, count in section.items() if isinstance(count, int)}


def _file_name(name: str) -> str:
    return name if name.endswith(".parquet") else f"{name}.parquet"

"""Reads the layout of snapshot folders: their shape, their key and their files.

A shape says which files identify it and which table each of its files is loaded into; columns are matched by name. Shapes
are registered by entry point (group `trainer.snapshots`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from trainer.addresses import network_problem
from trainer.errors import BadInputError, user_code
from trainer.keys import FIRST_DATE, LAST_DATE, MAX_WINDOW_DAYS, SnapshotKey
from trainer.snapshots.folder import KEY_IN_PATH, Contents, read_folder
from trainer.snapshots.meta import key_in_meta
from trainer.uploads import require_folder, require_plausible_rows
from trainer.warehouse import Table

ENTRY_POINT_GROUP = "trainer.snapshots"
LEVELS_ABOVE = 4  # folders above a snapshot in which labels may be


@dataclass(frozen=True)
class SnapshotFile:
    """One table of a snapshot: its Parquet file, and the table that its rows are loaded into.

    `parts` are the files with the rows, in order; `path` is their folder or the first of them. `stem` is the table's name in the
    snapshot. With `landing`, rows are first loaded into a side table of that shape, and the query `aggregate` turns them into
    rows of `table`; with `kept`, its query turns them into rows of its table, too.
    """

    path: Path
    table: Table
    renames: dict[str, str] = field(default_factory=dict)
    landing: Table | None = None
    aggregate: str = ""
    parts: tuple[Path, ...] = ()
    stem: str = ""
    kept: tuple[Table, str] | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files with the rows, in order."""
        return self.parts or (self.path,)


@dataclass(frozen=True)
class SnapshotShape:
    """A layout of snapshot folders.

    Attributes:
        name: the shape's name in messages and results.
        needs_any, needs_none: file stems; a folder has this shape if it has any of the former and none of the latter.
        tables: file stem → the table its rows are loaded into.
        renames: column of a file → column of the table, where the file lacks the table's name.
        landings: file stem → (table its rows pass through, query that aggregates them; `{landing}` stands for that table).
        kept: file stem → (table that keeps its rows besides, query that makes them, as in `landings`).
        ignored: file stem → why the file is not loaded.
        labels_beside: whether labels may be in `address-labels/` beside the snapshots.
    """

    name: str
    needs_any: frozenset[str]
    needs_none: frozenset[str]
    tables: dict[str, Table]
    renames: dict[str, str] = field(default_factory=dict)
    landings: dict[str, tuple[Table, str]] = field(default_factory=dict)
    kept: dict[str, tuple[Table, str]] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    labels_beside: bool = False

    def matches(self, stems: set[str]) -> bool:
        """Return whether a folder with these Parquet files has this shape."""
        return bool(stems & self.needs_any) and not stems & self.needs_none

    def files(self, folder: Path, network: str) -> list[SnapshotFile]:
        """Return the folder's files that are loaded into tables, in the order of `tables`."""
        contents, files = contents_of(folder), []
        for stem, table in self.tables.items():
            parts = contents.tables.get(stem, ())
            if stem == "address_labels" and self.labels_beside and not parts:
                parts = tuple(path for path in [_labels_beside(folder, network)] if path.is_file())
            if parts:
                landing, aggregate = self.landings.get(stem, (None, ""))
                path = contents.folders.get(stem, parts[0])
                files.append(SnapshotFile(path, table, self.renames, landing, aggregate, parts, stem, self.kept.get(stem)))
        return files


@cache
def shapes() -> tuple[SnapshotShape, ...]:
    """Return the registered shapes, sorted by name."""
    points = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)
    return tuple(point.load() for point in points)


def find_folders(path: Path) -> list[Path]:
    """Return the snapshot folders at or below `path`, sorted.

    Raises:
        BadInputError: `path` does not exist or contains no folder of a known shape.
    """
    require_folder(path, "a snapshot folder, or a folder of several")
    folders: list[Path] = []
    inner: set[Path] = set()  # folders of parts
    for folder in (path, *sorted(path.rglob("*"))):
        if folder.is_dir() and folder not in inner and _is_snapshot(folder):
            folders.append(folder)
            inner |= set(contents_of(folder).folders.values())
    if not folders:
        raise BadInputError(
            f"There are no snapshot files (alerts.parquet, features.parquet, transfers.parquet, …) in {path}{_instead(path)}."
        )
    return folders


def contents_of(folder: Path) -> Contents:
    """Return what a folder has of the tables that the registered shapes know.

    Raises:
        BadInputError: a table occurs in two wrappings, or a part of one is missing.
    """
    return read_folder(folder, known_tables() | {stem for shape in shapes() for stem in {*shape.ignored, *shape.needs_any}})


def known_tables() -> set[str]:
    """Return the names of the tables that any registered shape loads."""
    return {stem for shape in shapes() for stem in shape.tables}


def _is_snapshot(folder: Path) -> bool:
    """Return whether a folder is a snapshot.

    Raises:
        BadInputError: the folder has snapshot files in a combination that no shape allows, or in another format than Parquet.
    """
    contents = contents_of(folder)
    is_snapshot = _shape_with(contents, folder) is not None
    tables = known_tables()
    for stem, path in contents.other_formats.items():
        if stem in tables - contents.tables.keys() and (is_snapshot or KEY_IN_PATH.search(folder.resolve().as_posix())):
            raise BadInputError(f"{path} is not Parquet by its name; write {stem}.parquet; nothing of its snapshot was loaded.")
    if not is_snapshot and (stems := sorted(contents.tables.keys() & tables - {"address_labels"})):
        raise BadInputError(f"{folder} has {', '.join(stems)} and other files; no known snapshot shape has this combination.")
    return is_snapshot


def _instead(folder: Path) -> str:
    names = contents_of(folder).not_understood
    return f"; it has {', '.join(names[:10])}{', …' if len(names) > 10 else ''}" if names else ""


def shape_of(folder: Path) -> SnapshotShape | None:
    """Return the first registered shape the folder has, or None."""
    return _shape_with(contents_of(folder), folder)


def _shape_with(contents: Contents, folder: Path) -> SnapshotShape | None:
    for shape in shapes():
        with user_code(shape, "matches", str(folder)):
            if shape.matches(set(contents.tables)):
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
    for part, value in key_in_meta(folder).items():
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


def parquet_rows(path: Path) -> int:
    """Return the number of rows in a Parquet file's metadata.

    Raises:
        BadInputError: the file is not Parquet, or cut short.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = int(pq.read_metadata(path).num_rows)
        require_plausible_rows(path, rows)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error
    return rows


def damaged(path: Path, error: Exception) -> BadInputError:
    """Return the error for a Parquet file that cannot be read; the snapshot it belongs to is not loaded."""
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    return BadInputError(f"{path} is not a Parquet file, or damaged ({reason}); nothing of its snapshot was loaded.")


def _option(part: str) -> str:
    return "--" + part.replace("_", "-")


def _labels_beside(folder: Path, network: str) -> Path:
    """Return the network's label file of the October export, in address-labels/ beside the snapshots/ folder."""
    candidates: Iterator[Path] = (parent.joinpath(*labels_file(network)) for parent in folder.resolve().parents[:LEVELS_ABOVE])
    return next((path for path in candidates if path.is_file()), folder / labels_file(network)[-1])


def labels_file(network: str) -> tuple[str, str]:
    """Return folder and name of a network's label file in the October export."""
    return "address-labels", f"{network}_address_labels.parquet"


def _key_in_path(folder: Path) -> dict[str, Any]:
    match = KEY_IN_PATH.search(folder.resolve().as_posix())
    if match is None:
        return {}
    try:
        day = date.fromisoformat(match["date"])
    except ValueError as error:
        raise BadInputError(f"{folder}: '{match['date']}' is not a date.") from error
    return {"network": match["network"], "processing_date": day, "window_days": int(match["window"])}

"""Readers of the shapes in which snapshots reach a user; registered by entry point, never `if`-ed.

A shape says by which files it is recognised and which table each of its files becomes. Columns are taken by name.
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
from typing import TYPE_CHECKING, Any

from trainer.addresses import network_problem
from trainer.errors import BadInputError, user_code
from trainer.keys import FIRST_DATE, LAST_DATE, MAX_WINDOW_DAYS
from trainer.warehouse import Table

if TYPE_CHECKING:
    from trainer.keys import SnapshotKey

ENTRY_POINT_GROUP = "trainer.snapshots"
KEY_IN_PATH = re.compile(r"(?P<network>[^/]+)/(?P<date>\d{4}-\d{2}-\d{2})/(?P<window>\d{1,5})$")


@dataclass(frozen=True)
class SnapshotFile:
    """One Parquet file and the table it becomes; `landing` is a table its rows pass through on the way (`aggregate`)."""

    path: Path
    table: Table
    renames: dict[str, str] = field(default_factory=dict)
    landing: Table | None = None
    aggregate: str = ""


@dataclass(frozen=True)
class SnapshotShape:
    """A shape of snapshot folder.

    `needs_any`/`needs_none` are file stems that decide whether a folder has this shape; `tables` maps a stem to its table;
    `ignored` maps a stem that is deliberately not loaded to the reason.
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
        """Return the folder's files that become tables, in the order of `tables`."""
        found = []
        for stem, table in self.tables.items():
            path = folder / f"{stem}.parquet"
            if stem == "address_labels" and self.labels_beside and not path.is_file():
                path = _labels_beside(folder, network)
            if path.is_file():
                landing, aggregate = self.landings.get(stem, (None, ""))
                found.append(SnapshotFile(path, table, self.renames, landing, aggregate))
        return found


def shapes() -> list[SnapshotShape]:
    """Return the registered shapes, in the order of their names."""
    points = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)
    return [point.load() for point in points]


def find_folders(path: Path) -> list[Path]:
    """Return the snapshot folders at or below `path`, in order.

    Raises:
        BadInputError: `path` does not exist or no folder of a known shape is in it.
    """
    if not path.is_dir():
        raise BadInputError(f"There is no folder {path}.")
    folders = [folder for folder in (path, *sorted(path.rglob("*"))) if folder.is_dir() and _is_snapshot(folder)]
    if not folders:
        raise BadInputError(f"There are no snapshot files (alerts.parquet, features.parquet, transfers.parquet, …) in {path}.")
    return folders


def _is_snapshot(folder: Path) -> bool:
    """Return whether a folder is a snapshot; files that no shape has together are an error, and not passed over."""
    if shape_of(folder) is not None:
        return True
    tables = {stem for shape in shapes() for stem in shape.tables}
    if found := sorted({file.stem for file in folder.glob("*.parquet")} & tables - {"address_labels"}):
        raise BadInputError(f"{folder} has {', '.join(found)} and other files that no known snapshot shape has together.")
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
    """Return the snapshot's key: from the path where it encodes one, from META.json, and from what the caller gives.

    Raises:
        BadInputError: two of them disagree, or a part of the key is nowhere to be found.
    """
    from trainer.keys import SnapshotKey

    given: dict[str, Any] = {"network": network, "processing_date": processing_date, "window_days": window_days}
    known = _key_in_path(folder)
    for part, value in _key_in_meta(folder).items():
        if known.setdefault(part, value) != value:
            raise BadInputError(f"{folder} is of {part} {known[part]}, but its META.json says {value}.")
    for part, value in given.items():
        if value is not None and known.get(part, value) != value:
            raise BadInputError(f"--{part.replace('_', '-')} says {value}, but {folder} is of {known[part]}.")
        known.setdefault(part, value)
    if missing := [part for part in given if known[part] is None]:
        raise BadInputError(
            f"{folder} does not end in network/processing_date/window_days; give "
            f"{', '.join('--' + part.replace('_', '-') for part in missing)}."
        )
    if (found := network_problem(known["network"])) is not None:
        raise BadInputError(f"{folder}: {found}; give --network.")
    if not 1 <= known["window_days"] <= MAX_WINDOW_DAYS:
        raise BadInputError(f"{folder}: a window of {known['window_days']} days is not between 1 and {MAX_WINDOW_DAYS}.")
    if not FIRST_DATE <= known["processing_date"] <= LAST_DATE:
        raise BadInputError(f"{folder}: the date {known['processing_date']} is not between {FIRST_DATE} and {LAST_DATE}.")
    return SnapshotKey(**known)


def verify(folder: Path, files: list[SnapshotFile]) -> None:
    """Check every file against META.json: both forms of checksum (`sha256[file]`, `files[file].md5`) and the counts.

    Raises:
        BadInputError: a checksum or a count differs, a listed file is missing, or META.json is not JSON.
    """
    meta = _meta(folder)
    listed = _checksums(meta)
    for file in files:
        if file.path.parent != folder:
            continue
        for algorithm, expected in listed.get(file.path.name, {}).items():
            with file.path.open("rb") as stream:
                found = hashlib.file_digest(stream, algorithm).hexdigest()
            if found != expected.lower():
                raise BadInputError(f"{file.path}: {algorithm} is {found}, but META.json says {expected}; nothing was loaded.")
        expected_rows = _counts(meta).get(file.path.stem)
        if expected_rows is not None and expected_rows != (rows := parquet_rows(file.path)):
            raise BadInputError(f"{file.path} has {rows} rows, but META.json says {expected_rows}; nothing was loaded.")
    present = {file.path.name for file in files}
    tables = {f"{stem}.parquet" for shape in shapes() for stem in shape.tables}
    for name in sorted(set(listed) & tables - present):
        if not (folder / name).is_file():
            raise BadInputError(f"META.json lists {name}, but {folder} does not have it; nothing was loaded.")


def parquet_rows(path: Path) -> int:
    """Return the number of rows a Parquet file says it has.

    Raises:
        BadInputError: it is not a whole Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise BadInputError(f"{path} is not a whole Parquet file ({str(error).splitlines()[0]}).") from error


def _labels_beside(folder: Path, network: str) -> Path:
    """Return where the October export keeps the network's labels: address-labels/, beside the snapshots/ folder."""
    name = f"{network}_address_labels.parquet"
    candidates: Iterator[Path] = (parent / "address-labels" / name for parent in folder.resolve().parents[:4])
    return next((path for path in candidates if path.is_file()), folder / name)


def _key_in_path(folder: Path) -> dict[str, Any]:
    found = KEY_IN_PATH.search(folder.resolve().as_posix())
    if found is None:
        return {}
    try:
        day = date.fromisoformat(found["date"])
    except ValueError as error:
        raise BadInputError(f"{folder}: '{found['date']}' is not a date.") from error
    return {"network": found["network"], "processing_date": day, "window_days": int(found["window"])}


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
        raise BadInputError(f"{folder / 'META.json'} has a key that cannot be read: {error}.") from error
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
        raise BadInputError(f"{path} should hold a JSON object.")
    return meta


def _checksums(meta: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return file name → algorithm → hex digest, from either form."""
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

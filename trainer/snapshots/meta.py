"""Reads META.json: the snapshot's key, and the checksums and counts that its files must have."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError
from trainer.snapshots.folder import table_of

if TYPE_CHECKING:
    from trainer.snapshots.reader import SnapshotFile

META = "META.json"
_ENDING = re.compile(r"(\.(parquet|pq))?(\.(gz|zst))?$", re.IGNORECASE)


def key_in_meta(folder: Path) -> dict[str, Any]:
    """Return the parts of the snapshot key that META.json has.

    Raises:
        BadInputError: META.json is not a JSON object, or a part of the key in it is invalid.
    """
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


def verify(folder: Path, files: list[SnapshotFile], tables: Collection[str]) -> None:
    """Check the files against the checksums in META.json, in either form: `sha256[file]`, `files[file].md5`.

    A part has the checksum that is listed under its own name.

    Args:
        tables: the tables of all shapes; a listed file of one of them must be there.

    Raises:
        BadInputError: a checksum differs, a listed file is missing, or META.json is not a JSON object.
    """
    listed = _checksums(_meta(folder))
    present = set()
    for path in (path for file in files for path in file.paths if path.is_relative_to(folder)):
        names = (path.relative_to(folder).as_posix().lower(), path.name.lower())
        present |= set(names)
        sums = next((listed[name] for name in names if name in listed), {})
        for algorithm, expected in sums.items():
            with path.open("rb") as stream:
                actual = hashlib.file_digest(stream, algorithm).hexdigest()
            if actual != expected.lower():
                raise BadInputError(f"{path}: {algorithm} is {actual}, but META.json says {expected}; nothing was loaded.")
    for name in sorted(listed.keys() - present):
        if _table_of_listed(name, tables) is not None and not (folder / name).is_file():
            raise BadInputError(f"META.json lists {name}, but {folder} does not have this file; nothing was loaded.")


def listed_files(folder: Path, tables: Collection[str]) -> list[str]:
    """Return the files of tables that META.json lists with a checksum, as it writes them, sorted.

    Args:
        tables: the tables of all shapes.

    Raises:
        BadInputError: META.json is not a JSON object.
    """
    meta = _meta(folder)
    sections = [section for section in map(meta.get, ("sha256", "md5", "files")) if isinstance(section, dict)]
    names = {name if Path(name).suffix else f"{name}.parquet" for section in sections for name in section}
    return sorted(name for name in names if _table_of_listed(name, tables) is not None)


def _table_of_listed(name: str, tables: Collection[str]) -> str | None:
    return table_of(name.rpartition("/")[2], tables) or table_of(name.partition("/")[0], tables)


def verify_counts(folder: Path, file: SnapshotFile, rows: Callable[[Path], int], unpacked: list[Path]) -> None:
    """Check a table's number of rows, and that of each of its parts, against META.json.

    Args:
        rows: returns the number of rows of a Parquet file.
        unpacked: the files of the table, in the order of its paths.

    Raises:
        BadInputError: a count differs, or is no whole number.
    """
    counts = _counts(folder) if file.path.is_relative_to(folder) else {}
    found = {path: rows(path) for path in unpacked}
    whole = {file.stem: sum(found.values())} if len(file.paths) > 1 else {}
    parts = {_ENDING.sub("", path.name): found[plain] for path, plain in zip(file.paths, unpacked, strict=True)}
    for name, actual in (parts | whole).items():
        if (expected := counts.get(name.lower())) is not None and expected != actual:
            raise BadInputError(f"{file.path} has {actual} rows, but META.json says {expected}; nothing was loaded.")


def _meta(folder: Path) -> dict[str, Any]:
    path = folder / META
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
    """Return file name in lower case → algorithm → hex digest, from either form of META.json."""
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


def _counts(folder: Path) -> dict[str, int]:
    section = _meta(folder).get("counts")
    if not isinstance(section, dict):
        return {}
    counts = {}
    for name, count in section.items():
        if isinstance(count, bool) or not isinstance(count, int | float) or not float(count).is_integer():
            raise BadInputError(f"{folder / 'META.json'} has no number of rows for {name}, but {json.dumps(count)[:64]}.")
        counts[_ENDING.sub("", name).lower()] = int(count)
    return counts


def _file_name(name: str) -> str:
    return (name if Path(name).suffix else f"{name}.parquet").lower()

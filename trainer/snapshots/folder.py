"""Reads which tables a snapshot folder has, in whatever wrapping.

| in the folder | result |
|---|---|
| `alerts.parquet`, in any spelling of case; `.pq`; a codec in the name (`alerts.snappy.parquet`) | the table |
| `alerts.parquet.gz`, `alerts.parquet.zst` | the table, unpacked first |
| `alerts_0.parquet`, `alerts-00000-of-00002.parquet`, `alerts.part1.parquet`, … | parts of the table, numbered from 0 or 1 |
| a folder `alerts.parquet/` or `alerts/` with Parquet files (as Spark writes) | parts of the table, in the order of their names |
| a table in two wrappings; a part missing by number or `-of-N`; another file among the parts | BadInputError |
| a table as CSV, JSON, … only | BadInputError |
| hidden files, names that begin with `_` and are no Parquet, `.crc`, META.json, readme, licence | nothing |
| anything else | `not_understood` |
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from trainer.errors import BadInputError

PACKED = (".gz", ".zst")
KEY_IN_PATH = re.compile(r"(?P<network>[^/]+)/(?P<date>\d{4}-\d{2}-\d{2})/(?P<window>\d{1,5})$")
_CODEC = r"(?:\.(?:snappy|gzip|gz|zstd|zst|lz4|lz4_raw|brotli|uncompressed))?"
_PARQUET = re.compile(
    r"(?P<stem>.+?)(?:[._-](?:part)?[._-]?(?P<number>\d{1,9})(?:-of-(?P<of>\d{1,9}))?)?"
    + _CODEC
    + r"\.(?:parquet|pq)(?:\.(?:gz|zst))?"
)
_PART_NUMBER = re.compile(r"(?:.*[._-])?part[._-]?(\d{1,9})(?:[._-].*)?")
_WITHOUT_A_WORD = re.compile(
    r"\..*|_(?!.*\.(?:parquet|pq)\b).*|.*\.crc|meta\.json|(?:readme|licen[cs]e|copying|notice|provenance|changelog)(?:\..*)?"
)


@dataclass
class Contents:
    """What a folder has.

    Attributes:
        tables: table → its files: one, or its parts in order.
        folders: table → the folder that its parts are in.
        other_formats: table → a file with it that is not Parquet.
        not_understood: names of everything else.
    """

    tables: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    other_formats: dict[str, Path] = field(default_factory=dict)
    not_understood: list[str] = field(default_factory=list)


def table_of(name: str, known: Collection[str]) -> str | None:
    """Return the table that a Parquet file of that name has rows of, None for another file."""
    match = _PARQUET.fullmatch(name.lower())
    return match["stem"] if match and match["stem"] in known else None


def read_folder(folder: Path, known: Collection[str]) -> Contents:
    """Return what a folder has of the tables `known`.

    Raises:
        BadInputError: a table occurs in two wrappings, a part of one is missing, or the folder cannot be read.
    """
    contents = Contents()
    files: dict[str, list[Path]] = {}
    try:
        entries = sorted(folder.iterdir())
        folders = [path for path in entries if path.is_dir()]
        for path in sorted(set(entries) - set(folders)):
            _sort_file(contents, files, path, known)
        for path in sorted(folders, key=lambda path: (path.suffix == "", path)):
            # A plain folder called `features` may be anything, unless it is beside other tables or where a snapshot is expected.
            expected = path.suffix or files or contents.folders or KEY_IN_PATH.search(folder.resolve().as_posix())
            _read_table_folder(contents, path, known if expected else ())
    except OSError as error:
        raise BadInputError(f"{folder} cannot be read ({error.strerror}).") from error
    for table, paths in files.items():
        if table in contents.folders:
            raise _two_wrappings(folder, table, [contents.folders[table], *paths])
        contents.tables[table] = _in_order(folder, table, paths)
    return contents


def _sort_file(contents: Contents, files: dict[str, list[Path]], path: Path, known: Collection[str]) -> None:
    """Add a file to those of its table, or to what is not understood."""
    name = path.name.lower()
    if _WITHOUT_A_WORD.fullmatch(name):
        return
    if path.is_file() and (table := table_of(name, known)) is not None:
        files.setdefault(table, []).append(path)
        return
    contents.not_understood.append(path.name)
    if path.is_file() and (stem := name.partition(".")[0]) in known:
        contents.other_formats.setdefault(stem, path)


def _read_table_folder(contents: Contents, path: Path, known: Collection[str]) -> None:
    """Add a folder of parts to `contents`; any other folder is not understood."""
    table = re.sub(r"\.(parquet|pq)$", "", path.name.lower())
    entries = sorted(path.iterdir()) if table in known else []
    entries = [entry for entry in entries if not _WITHOUT_A_WORD.fullmatch(entry.name.lower())]
    parts = [entry for entry in entries if entry.is_file() and _PARQUET.fullmatch(entry.name.lower())]
    is_snapshot = any(table_of(part.name, known) not in (None, table) for part in parts)
    if table not in known or is_snapshot or not (parts or path.suffix):
        if not path.name.startswith((".", "_")):
            contents.not_understood.append(path.name + "/")
        return
    if table in contents.folders:
        raise _two_wrappings(path.parent, table, [contents.folders[table], path])
    if not parts or any(entry.is_dir() for entry in entries) or (path / "_delta_log").exists():
        raise BadInputError(f"{path} is no plain folder of Parquet files; write the table as one; nothing was loaded.")
    if others := [entry for entry in entries if entry not in parts or entry.name.startswith("_")]:
        raise BadInputError(
            f"{path} has files that are no parts of the table: {_names(others)}; remove them; nothing was loaded."
        )
    _require_every_part(path, parts)
    contents.tables[table], contents.folders[table] = tuple(parts), path


def _require_every_part(folder: Path, parts: list[Path]) -> None:
    """Refuse gaps in the numbers of parts, unless Spark says that it is complete: it writes no file for an empty partition."""
    numbers = [_part_number(part.name.lower()) for part in parts]
    if not (folder / "_SUCCESS").exists() and None not in numbers:
        _require_consecutive(folder, sorted({int(number or 0) for number in numbers}), parts)
    _require_total(folder, parts)


def _part_number(name: str) -> str | None:
    if (match := _PART_NUMBER.fullmatch(name)) is not None:
        return match[1]
    match = _PARQUET.fullmatch(name)
    return match["number"] if match else None


def _in_order(folder: Path, table: str, paths: list[Path]) -> tuple[Path, ...]:
    """Return the files of a table in the order of their numbers."""
    matches = {path: _PARQUET.fullmatch(path.name.lower()) for path in paths}
    numbered = {path: int(match["number"]) for path, match in matches.items() if match and match["number"]}
    if len(paths) > 1 and len(numbered) < len(paths):
        raise _two_wrappings(folder, table, paths)
    if not numbered:
        return tuple(paths)
    ordered = sorted(paths, key=numbered.__getitem__)
    _require_consecutive(folder, [numbered[path] for path in ordered], ordered)
    _require_total(folder, ordered)
    return tuple(ordered)


def _require_total(folder: Path, parts: list[Path]) -> None:
    """Refuse parts that say by `-of-N` that there are more or fewer of them."""
    matches = [_PARQUET.fullmatch(part.name.lower()) for part in parts]
    totals = {int(match["of"]) for match in matches if match and match["of"]}
    if totals and totals != {len(parts)}:
        raise BadInputError(f"{folder} has {len(parts)} of the parts {_names(parts)}; add the others; nothing was loaded.")


def _require_consecutive(folder: Path, numbers: list[int], parts: list[Path]) -> None:
    first = numbers[0]
    if first not in (0, 1) or numbers != list(range(first, first + len(numbers))):
        raise BadInputError(
            f"{folder} has the parts {_names(parts)}, which are not numbered 0, 1, 2, … without a gap; add what is missing or "
            "remove what does not belong to it; nothing was loaded."
        )


def _two_wrappings(folder: Path, table: str, paths: list[Path]) -> BadInputError:
    return BadInputError(f"{folder} has the table {table} more than once: {_names(paths)}; keep one; nothing was loaded.")


def _names(paths: list[Path]) -> str:
    shown = ", ".join(path.name for path in paths[:10])
    return f"{shown} and {len(paths) - 10} more" if len(paths) > 10 else shown

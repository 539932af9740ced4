"""Reads a user's text, CSV and Parquet files: limited in size, strict, with BadInputError as the only error."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError
from trainer.uploads.proportion import MAX_COLUMNS, MEBIBYTE, decoded, open_parquet, unpacked_bytes, unpacked_limit

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

PARQUET_MAGIC = b"PAR1"
# Small batches, so that the size of the unpacked data is checked often.
PARQUET_BATCH_ROWS = 8192


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, at most 200 characters; the error's type if it has no message."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def require_file(path: Path, wanted: str = "a file") -> None:
    """Refuse a path at which there is no file; `wanted` says in the message, with an article, what should be there.

    Raises:
        BadInputError: there is nothing, or a folder.
    """
    if path.is_dir():
        raise BadInputError(f"{path} is a folder, not {wanted}; name a file{_some_in(path)}.")
    if not path.is_file():
        expected = "" if wanted == "a file" else f", which should be {wanted}"
        raise BadInputError(f"There is no file {path}{expected}{_beside(path)}.")


def require_folder(path: Path, wanted: str = "a folder") -> None:
    """Refuse a path at which there is no folder; `wanted` as for `require_file`.

    Raises:
        BadInputError: there is nothing, or a file.
    """
    if path.is_file():
        raise BadInputError(f"{path} is a file, not {wanted}; name the folder that it is in.")
    if not path.is_dir():
        raise BadInputError(f"There is no folder {path}{_beside(path)}.")


def _some_in(folder: Path) -> str:
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError:
        return ""
    return f" in it, such as {', '.join(names[:3])}" if names else ""


def _beside(path: Path) -> str:
    """Return a hint at names beside a path like its own, '' without any."""
    try:
        names = [one.name for one in path.parent.iterdir()]
    except OSError:
        return ""
    alike = get_close_matches(path.name, names, n=3)
    return f"; there is {' and '.join(alike)}" if alike else ""


def read_head(path: Path, size: int) -> bytes:
    """Return the first `size` bytes of a file.

    Raises:
        BadInputError: the file does not exist, cannot be opened or is empty.
    """
    require_file(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(size)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error
    if not head:
        raise BadInputError(f"{path} is empty.")
    return head


def require_size(path: Path, max_bytes: int, what: str, remedy: str) -> None:
    """Refuse a file that is empty or larger than `max_bytes`, before any of it is read.

    Args:
        what: the kind of file the limit is for, with an article, for the message.
        remedy: what to do about a larger file, for the message.

    Raises:
        BadInputError: the file does not exist, is empty or is too large.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error
    if not size:
        raise BadInputError(f"{path} is empty.")
    if size > max_bytes:
        raise BadInputError(
            f"{path} has {size / MEBIBYTE:.0f} MiB; {what} may have at most {max_bytes // MEBIBYTE} MiB: {remedy}."
        )


def read_text(path: Path, what: str, *, require_line_end: bool = False) -> str:
    """Return the text of a UTF-8 file, without a byte order mark.

    Args:
        what: the kind of file expected, with an article, for the message.
        require_line_end: refuse a file whose last line has no line break, which may have been cut short.

    Raises:
        BadInputError: the file cannot be read, is binary, is not UTF-8, or its last line has no line break.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {path}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not {what} in UTF-8 ({first_line(error)}).") from error
    if "\x00" in text:
        raise BadInputError(f"{path} is not {what}: it is binary.")
    if require_line_end:
        _require_line_end(path, text)
    return text


def read_csv(path: Path) -> pd.DataFrame:
    """Return the rows of a CSV file as text, n rows by one column per header field.

    Every row must have as many fields as the header, and the last line a line break; otherwise the file was cut short (`0.` would
    pass for a whole `0.95`) or is not CSV.

    Raises:
        BadInputError: as for `read_text`; or the file has no header, a column twice, or a row of another length.
    """
    import pandas as pd

    text = read_text(path, "a CSV file")
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if not any(header):
            raise BadInputError(f"{path} is not a CSV file: it has no header.")
        _require_distinct(path, header)
        _require_few(path, header)
        columns: list[list[str]] = [[] for _ in header]
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise BadInputError(
                    f"{path}, line {rows.line_num}: {len(row)} fields where its header has {len(header)}; "
                    "check that the file is complete and that fields with commas are quoted."
                )
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    except csv.Error as error:
        raise BadInputError(f"{path}, line {rows.line_num}, is not CSV ({first_line(error)}).") from error
    _require_line_end(path, text)
    return pd.DataFrame(dict(zip(header, columns, strict=True)), dtype=object)


def read_parquet(path: Path, max_unpacked: int) -> dict[str, pa.Array]:
    """Return the columns of a Parquet file by name, each an Arrow array (n,).

    Args:
        max_unpacked: limit in bytes on the unpacked data. The size of the file is no limit: a few kilobytes of Parquet can
            hold any amount of repeated values.

    Raises:
        BadInputError: the file is not Parquet, is damaged, has a column twice, or unpacks to more than `max_unpacked`.
    """
    import pyarrow as pa

    try:
        limit = unpacked_limit(path, max_unpacked)
        with open_parquet(path) as file:
            names = file.schema_arrow.names
            _require_distinct(path, names)
            _require_few(path, names)
            batches, size = [], 0
            for batch in file.iter_batches(batch_size=PARQUET_BATCH_ROWS):
                size += unpacked_bytes(batch)
                if size > limit:
                    raise BadInputError(f"{path} unpacks to more than {limit // MEBIBYTE} MiB; split it.")
                batches.append(decoded(batch))
            schema = decoded(pa.RecordBatch.from_pylist([], schema=file.schema_arrow)).schema
            table = pa.Table.from_batches(batches, batches[0].schema if batches else schema)
            return {name: table[name].combine_chunks() for name in names}
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        raise BadInputError(f"{path} is not a readable Parquet file ({first_line(error)}).") from error


def text_cells(path: Path, name: str, cells: pa.Array) -> list[str]:
    """Return an Arrow column (n,) as n strings, '' for null.

    Raises:
        BadInputError: a value has no text form, such as a list, or a timestamp out of Python's range.
    """
    import pyarrow as pa

    kind = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    if pa.types.is_nested(kind):
        raise BadInputError(f"{path}: column '{name}' is no text but {kind}; write it as text.")
    try:
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            return ["" if value is None else value.decode() for value in cells.to_pylist()]
        return ["" if value is None else str(value) for value in cells.to_pylist()]
    except (pa.ArrowException, ValueError, OverflowError, KeyError) as error:
        raise BadInputError(f"{path}: column '{name}' cannot be read as text ({first_line(error)}).") from error


def require_columns(path: Path, wanted: Iterable[str], present: Sequence[str], hint: str = "") -> None:
    """Refuse a table without all of the columns `wanted`; `hint` says in the message what to do about it.

    Raises:
        BadInputError: a column is missing; the message lists those the file has.
    """
    if missing := [name for name in wanted if name not in present]:
        raise BadInputError(f"{path} has no column {', '.join(missing)}; it has: {', '.join(present)[:500]}{hint}.")


def map_columns(path: Path, present: Sequence[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Return the table's column names after --map: new name → the file's column, in the file's order, mapped columns last.

    A file's column may be mapped to several names. A column of the file that has the name of a mapped one is dropped.

    Args:
        present: the columns of the file.
        columns: our name of a column → the file's.

    Raises:
        BadInputError: the file lacks a mapped column.
    """
    require_columns(path, columns.values(), present)
    mapped = {*columns, *columns.values()}
    return {name: name for name in present if name not in mapped} | dict(columns)


def _require_distinct(path: Path, names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        raise BadInputError(f"{path} has a column more than once: {', '.join(names)[:200]}.")


def _require_few(path: Path, names: Sequence[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise BadInputError(f"{path} has {len(names)} columns; at most {MAX_COLUMNS} are allowed: split it.")


def _require_line_end(path: Path, text: str) -> None:
    if not text.endswith(("\n", "\r")):
        raise BadInputError(f"{path} may have been cut short: its last line has no line break; if the file is complete, add one.")

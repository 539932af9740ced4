"""Unpacks Parquet files that are compressed as a whole (`.parquet.gz`, `.parquet.zst`), up to a limit."""

from __future__ import annotations

import gzip
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trainer.errors import BadInputError
from trainer.snapshots.folder import PACKED
from trainer.uploads import MEBIBYTE, first_line, private_folder

if TYPE_CHECKING:
    from trainer.snapshots.reader import SnapshotFile

MAX_RATIO = 100  # Parquet is compact by itself: no honest file unpacks to more
CHUNK = MEBIBYTE


def unpacked(stack: ExitStack, file: SnapshotFile) -> list[Path]:
    """Return the Parquet files of a table, packed ones unpacked into a folder that `stack` removes at the end.

    Raises:
        BadInputError: a file is damaged, or unpacks to more than `MAX_RATIO` times its size.
    """
    paths = []
    for number, path in enumerate(file.paths):
        if path.suffix.lower() not in PACKED:
            paths.append(path)
            continue
        folder = stack.enter_context(private_folder())
        paths.append(folder / f"{number}.parquet")
        _unpack(path, paths[-1])
    return paths


def _unpack(path: Path, to: Path) -> None:
    left = max(MAX_RATIO * path.stat().st_size, MEBIBYTE)
    try:
        with _stream(path) as packed, to.open("wb") as out:
            while chunk := packed.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise BadInputError(f"{path} unpacks to more than {MAX_RATIO} times its size; nothing was loaded.")
                out.write(chunk)
    except (pa.ArrowException, OSError, EOFError, zlib.error) as error:
        raise BadInputError(f"{path} cannot be unpacked ({first_line(error)}); nothing of its snapshot was loaded.") from error


def _stream(path: Path) -> Any:
    return gzip.open(path) if path.suffix.lower() == ".gz" else pa.input_stream(path, compression="zstd")

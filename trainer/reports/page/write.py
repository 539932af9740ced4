"""Writes a page to a file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from trainer.errors import BadInputError


def write_page(page: str, path: Path) -> None:
    """Write a page to a file, in place of an earlier one; an interrupted call leaves the earlier one as it was.

    Raises:
        BadInputError: the path is a link, a folder or a device, or its folder does not exist.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BadInputError(f"{path} is a link, a folder or a device; give the name of a file to write the page to.")
    if not path.parent.is_dir():
        raise BadInputError(f"There is no folder {path.parent} to write {path.name} to; create it first.")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

"""Writes a page to a file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from trainer.errors import BadInputError

_START = b"<!doctype html"


def check_page_path(path: Path) -> None:
    """Check that a page can be written to a file, before any work is done for it.

    Raises:
        BadInputError: the path is a link, a folder, a device or a file that is no page, or its folder does not exist or cannot
            be written to.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BadInputError(f"{path} is a link, a folder or a device; give the name of a file to write the page to.")
    if not path.parent.is_dir():
        raise BadInputError(f"There is no folder {path.parent} to write {path.name} to; create it first.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise BadInputError(f"{path.parent} cannot be written to; give another file for the page.")
    if path.exists() and not _is_page(path):
        raise BadInputError(f"{path} is no HTML page and is not overwritten; remove it, or give another file for the page.")


def _is_page(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(64).lstrip()  # pages of earlier versions begin with blank lines
    return not start or start[: len(_START)].lower() == _START


def write_page(page: str, path: Path) -> None:
    """Write a page to a file, in place of an earlier one; an interrupted call leaves the earlier one as it was.

    Raises:
        BadInputError: as `check_page_path`.
    """
    check_page_path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

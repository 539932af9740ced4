"""The user's own list of addresses without levels: text with an address per line, or a JSON list of strings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError
from trainer.labels.formats.base import LabelFormat, is_json, read_json, shape_error, text_frame
from trainer.labels.formats.marks import MAX_BYTES
from trainer.uploads import read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a list of addresses"
ADDRESS = re.compile("[0-9A-Za-z:]{20,128}")
"""What addresses of all networks have in common, as opposed to words."""
LINE = re.compile(r"[0-9A-Za-z:._-]+")


def read_addresses(path: Path, what: str) -> list[str]:
    """Return the addresses of a JSON list of strings, or of text with an address per line, trimmed.

    Args:
        what: the kind of file expected, with an article, for messages.

    Raises:
        BadInputError: the file is damaged, may have been cut short, or is another kind of file.
    """
    addresses = _read_json(path, what) if path.suffix.lower() == ".json" else _read_lines(path, what)
    return [address.strip() for address in addresses]


def _read_json(path: Path, what: str) -> list[str]:
    addresses = read_json(path, what)
    if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
        raise shape_error(path, what, "its JSON is not a list of strings")
    return addresses


def _read_lines(path: Path, what: str) -> list[str]:
    lines = [line for line in read_text(path, what, require_line_end=True).splitlines() if line.strip()]
    if odd := next((line for line in lines if not LINE.fullmatch(line.strip())), None):
        raise shape_error(path, what, f"the line '{odd[:64]}' is not one address")
    return lines


def _read(path: Path) -> pd.DataFrame:
    if path.suffix.lower() == ".csv":
        raise shape_error(path, WHAT, "a .csv file has a header; add the line 'address' and give --format csv, or name it .txt")
    return text_frame(({"address": address} for address in read_addresses(path, WHAT)), ("address",))


def _recognises(path: Path, head: bytes) -> bool:
    if path.suffix.lower() != ".txt" and not is_json(path, head, rb'\[\s*"'):
        return False
    try:
        addresses = read_addresses(path, WHAT) if path.stat().st_size <= MAX_BYTES else []
    except (BadInputError, OSError):
        return False
    return bool(addresses) and all(ADDRESS.fullmatch(address) for address in addresses)


ADDRESSES = LabelFormat(
    "addresses", _recognises, _read, description="your own list of addresses, one a line or a JSON list, without levels"
)

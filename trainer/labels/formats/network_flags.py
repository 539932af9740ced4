"""Flagged addresses of many networks as compressed CSV without a header: `network,address,Fraud` or `…,Sanctioned`."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError
from trainer.labels.formats.base import LabelFormat, shape_error, text_frame
from trainer.labels.formats.currencies import network_named
from trainer.uploads import MEBIBYTE, first_line

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a compressed list of flagged addresses"
# The size of the file is no limit: a few kilobytes can unpack to any number of equal lines.
MAX_UNPACKED = 64 * MEBIBYTE
LINE = re.compile(rb'"?[A-Za-z0-9_. -]{1,64}"?,"?[^",\s]{1,256}"?,"?(?:Fraud|Sanctioned)"?\s*', re.IGNORECASE)


def _read(path: Path) -> pd.DataFrame:
    rows = csv.reader(io.StringIO(_unpacked(path), newline=""), skipinitialspace=True, strict=True)
    flagged = []
    try:
        for row in rows:
            if len(row) not in {0, 3}:
                raise shape_error(path, WHAT, f"line {rows.line_num} has {len(row)} fields instead of network, address and flag")
            if row:
                network, address, flag = (field.strip() for field in row)
                # An unknown name of a network stays: without it the address would pass for one of any network.
                flagged.append({"network": network_named(network) or network.lower(), "address": address, "category": flag})
    except csv.Error as error:
        raise BadInputError(f"{path}, line {rows.line_num}, is not CSV ({first_line(error)}).") from error
    return text_frame(flagged, ("address", "category", "network"))


def _unpacked(path: Path) -> str:
    """Return the text of a compressed file; never unpacks more than MAX_UNPACKED bytes."""
    try:
        with gzip.open(path) as stream:
            raw = stream.read(MAX_UNPACKED + 1)
        if len(raw) > MAX_UNPACKED:
            raise BadInputError(f"{path} unpacks to more than {MAX_UNPACKED // MEBIBYTE} MiB; split it.")
        text = raw.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not {WHAT} ({first_line(error)}).") from error
    if "\x00" in text:
        raise BadInputError(f"{path} is not {WHAT}: it is binary.")
    return text


def _recognises(path: Path, head: bytes) -> bool:
    if not path.name.lower().endswith(".csv.gz"):
        return False
    try:
        text = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head, 65_536)
    except zlib.error:
        return False
    lines = text.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    whole = lines[:-1] or lines
    return all(LINE.fullmatch(line) for line in whole if line.strip()) and bool(text.strip())


NETWORK_FLAGS = LabelFormat(
    "network-flags",
    _recognises,
    _read,
    publisher="network-flags",
    description="compressed CSV of network, address and Fraud or Sanctioned",
)

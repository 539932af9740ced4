"""OFAC's sanctioned addresses, one list a currency, as text (an address a line) or JSON (a list of addresses).

Shape: github.com/0xB10C/ofac-sanctioned-digital-currency-addresses, `sanctioned_addresses_<CURRENCY>.txt|.json`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.labels.formats.base import LabelFormat, read_json, read_lines, shape_error, text_frame
from trainer.labels.formats.currencies import network_of

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a list of sanctioned addresses"
NAME = re.compile(r"sanctioned_addresses_([A-Za-z0-9]+)$")


def _read(path: Path) -> pd.DataFrame:
    found = _read_json(path) if path.suffix.lower() == ".json" else _read_lines(path)
    named = NAME.search(path.stem)
    currency = named[1].upper() if named else ""
    # A stablecoin's list has addresses of every network the coin is on: these say themselves where they belong.
    row = {"category": "sanctioned", "network": network_of(currency), "address_subtype": currency}
    return text_frame(
        ({"address": address.strip(), **row} for address in found), ("address", "category", "network", "address_subtype")
    )


def _read_json(path: Path) -> list[str]:
    found = read_json(path, WHAT)
    if not isinstance(found, list) or not all(isinstance(address, str) for address in found):
        raise shape_error(path, WHAT, "its JSON is not a list of texts")
    return found


def _read_lines(path: Path) -> list[str]:
    lines = [line for line in read_lines(path, WHAT).splitlines() if line.strip()]
    if odd := next((line for line in lines if not re.fullmatch("[0-9A-Za-z:]+", line.strip())), None):
        raise shape_error(path, WHAT, f"the line '{odd[:64]}' is not one address")
    return lines


def _recognises(path: Path, head: bytes) -> bool:
    # By name as well: any list of addresses has this shape, and only this publisher's are sanctioned.
    if not re.search("ofac|sanction", f"{path.parent.name}/{path.name}".lower()):
        return False
    if path.suffix.lower() == ".json":
        return re.match(rb'(\xef\xbb\xbf)?\s*\[\s*("|\])', head) is not None
    return path.suffix.lower() == ".txt"


OFAC = LabelFormat("ofac", _recognises, _read, publisher="ofac")

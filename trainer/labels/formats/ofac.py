"""OFAC's sanctioned addresses, one list per currency, as text (an address per line) or JSON (a list of addresses).

Shape: github.com/0xB10C/ofac-sanctioned-digital-currency-addresses, `sanctioned_addresses_<CURRENCY>.txt|.json`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.labels.formats.base import LabelFormat, is_json, read_json, shape_error, text_frame
from trainer.labels.formats.currencies import network_of
from trainer.uploads import read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a list of sanctioned addresses"
NAME = re.compile(r"sanctioned_addresses_([A-Za-z0-9]+)$")


def _read(path: Path) -> pd.DataFrame:
    addresses = _read_json(path) if path.suffix.lower() == ".json" else _read_lines(path)
    match = NAME.search(path.stem)
    currency = match[1].upper() if match else ""
    # A stablecoin's list mixes the networks that the coin is issued on, and the form of an address identifies its network.
    row = {"category": "sanctioned", "network": network_of(currency), "address_subtype": currency}
    return text_frame(
        ({"address": address.strip(), **row} for address in addresses), ("address", "category", "network", "address_subtype")
    )


def _read_json(path: Path) -> list[str]:
    addresses = read_json(path, WHAT)
    if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
        raise shape_error(path, WHAT, "its JSON is not a list of strings")
    return addresses


def _read_lines(path: Path) -> list[str]:
    lines = [line for line in read_text(path, WHAT, require_line_end=True).splitlines() if line.strip()]
    if odd := next((line for line in lines if not re.fullmatch("[0-9A-Za-z:]+", line.strip())), None):
        raise shape_error(path, WHAT, f"the line '{odd[:64]}' is not one address")
    return lines


def _recognises(path: Path, head: bytes) -> bool:
    # The name is needed too: every list of addresses has this shape, but only this publisher's are sanctioned.
    if not re.search("ofac|sanction", f"{path.parent.name}/{path.name}".lower()):
        return False
    return path.suffix.lower() == ".txt" or is_json(path, head, rb'\[\s*("|\])')


OFAC = LabelFormat("ofac", _recognises, _read, publisher="ofac")

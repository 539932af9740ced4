"""CryptoScamDB's list of scams as YAML: sites, their category, and addresses by currency. One row per address.

Shape: github.com/CryptoScamDB/blacklist, `data/urls.yaml`. Most entries are sites without an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.labels.formats.base import LabelFormat, plain_text, shape_error, text_frame
from trainer.labels.formats.currencies import network_of
from trainer.labels.formats.yaml_text import load_yaml
from trainer.uploads import MEBIBYTE, read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "CryptoScamDB's list"
REQUIRED = ("name", "url", "category")
FIRST_ENTRY = re.compile(r"\s*---\s*\n- (?:.*\n(?: +.*\n)*)")
# No address is shorter, so a file that yields more addresses than this allows repeats them by YAML aliases.
SHORTEST_ADDRESS = 20


def _read(path: Path) -> pd.DataFrame:
    # A cut inside a line would pass for a shorter address.
    text = read_text(path, WHAT, require_line_end=True)
    entries = load_yaml(path, text)
    if not isinstance(entries, list):
        raise shape_error(path, WHAT, "it is not a list of sites")
    rows: list[dict[str, str]] = []
    most = len(text) // SHORTEST_ADDRESS
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or not all(plain_text(entry.get(name)) for name in REQUIRED):
            raise shape_error(path, WHAT, f"entry {number} has no {', '.join(REQUIRED)}")
        rows.extend(islice(_rows(path, entry, number), most + 1 - len(rows)))
        if len(rows) > most:
            raise shape_error(path, WHAT, f"entry {number} repeats addresses by aliases")
    return text_frame(rows, ("address", "category", "network", "address_subtype"))


def _rows(path: Path, entry: dict[str, Any], number: int) -> Iterator[dict[str, str]]:
    name, subcategory = plain_text(entry["name"]), plain_text(entry.get("subcategory"))
    row = {"category": plain_text(entry["category"]), "address_subtype": f"{name} ({subcategory})" if subcategory else name}
    listed = entry.get("addresses")
    # An entry may list its addresses without a currency, and a currency may have one address instead of a list.
    for currency, addresses in listed.items() if isinstance(listed, dict) else [("", listed)]:
        for address in addresses if isinstance(addresses, list) else [addresses or ""]:
            if not isinstance(address, str) or not isinstance(currency, str):
                raise shape_error(path, WHAT, f"entry {number} ('{name[:64]}') has an address that is not text")
            if address.strip():
                yield row | {"address": address.strip(), "network": _network(currency, address.strip())}


def _network(currency: str, address: str) -> str:
    # BNB was the coin of Binance Chain (addresses bnb1…) before it was that of Binance Smart Chain (0x…).
    return "binance-chain" if address.startswith("bnb1") else network_of(currency)


def _recognises(path: Path, head: bytes) -> bool:
    if path.suffix.lower() not in {".yaml", ".yml"}:
        return False
    entry = FIRST_ENTRY.match(head.decode("utf-8-sig", errors="ignore").replace("\r\n", "\n"))
    fields = set(re.findall(r"^(?:- |  )(\w+):", entry[0], flags=re.MULTILINE)) if entry else set()
    return fields >= {*REQUIRED, "reporter"}


CRYPTOSCAMDB = LabelFormat(
    "cryptoscamdb",
    _recognises,
    _read,
    publisher="cryptoscamdb",
    max_bytes=16 * MEBIBYTE,
    description="CryptoScamDB's addresses of scams",
)

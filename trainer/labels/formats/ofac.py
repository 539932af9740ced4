"""OFAC's sanctioned addresses, one list per currency, as text (an address per line) or JSON (a list of addresses).

Shape: github.com/0xB10C/ofac-sanctioned-digital-currency-addresses, `sanctioned_addresses_<CURRENCY>.txt|.json`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.addresses import form_of
from trainer.errors import BadInputError
from trainer.labels.formats.base import LIST, LabelFormat, text_frame
from trainer.labels.formats.currencies import is_currency, network_of
from trainer.labels.formats.marks import MAX_BYTES, are_addresses
from trainer.labels.formats.plain_list import ADDRESS, read_addresses

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a list of sanctioned addresses"
NAME = re.compile(r"sanctioned_addresses_([A-Z0-9]+)\.(txt|json)")


def _read(path: Path) -> pd.DataFrame:
    currency = _currency(path)
    # A stablecoin's list mixes the networks that the coin is issued on, and the form of an address identifies its network.
    row = {"category": "sanctioned", "network": network_of(currency), "address_subtype": currency, LIST: currency}
    return text_frame(
        ({"address": address, **row} for address in read_addresses(path, WHAT)),
        ("address", "category", "network", "address_subtype", LIST),
    )


def _currency(path: Path) -> str:
    """Return the currency in the file's name; '' if the name is not exactly the publisher's."""
    match = NAME.fullmatch(path.name)
    return match[1] if match and is_currency(match[1]) else ""


def _recognises(path: Path, head: bytes) -> bool:  # noqa: ARG001  all addresses count, not only the first
    # Every list of addresses has this shape, and any list may have "sanctioned" or "ofac" in its name: only the publisher's
    # own name, whole, says that the addresses are sanctioned.
    currency = _currency(path)
    try:
        if not currency or path.stat().st_size > MAX_BYTES:
            return False
        listed = read_addresses(path, WHAT)
    except (BadInputError, OSError):
        return False
    network = network_of(currency)
    has_form = form_of(network) is None or not listed or are_addresses(listed, network)
    return has_form and all(ADDRESS.fullmatch(address) for address in listed)


OFAC = LabelFormat("ofac", _recognises, _read, publisher="ofac", description="OFAC's sanctioned addresses")

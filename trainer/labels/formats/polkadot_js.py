"""polkadot-js' list of phishing addresses as JSON: site or story → addresses.

Shape: github.com/polkadot-js/phishing, `address.json`. The file does not name a network: the prefix of an
address does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.labels.formats.base import LabelFormat, is_json, read_json, shape_error, text_frame

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a polkadot-js phishing list"


def _read(path: Path) -> pd.DataFrame:
    sites = read_json(path, WHAT)
    if not isinstance(sites, dict) or not all(_is_addresses(listed) for listed in sites.values()):
        raise shape_error(path, WHAT, "its JSON is not site → addresses")
    rows = (
        {"address": address.strip(), "category": "phishing", "address_subtype": site.strip()}
        for site, listed in sites.items()
        for address in listed
    )
    return text_frame(rows, ("address", "category", "address_subtype"))


def _is_addresses(listed: Any) -> bool:
    return isinstance(listed, list) and all(isinstance(address, str) for address in listed)


def _recognises(path: Path, head: bytes) -> bool:
    return is_json(path, head, rb'\{\s*"[^"]*"\s*:\s*\[')


POLKADOT_JS = LabelFormat("polkadot-js", _recognises, _read, publisher="polkadot-js")

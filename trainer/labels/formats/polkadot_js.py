"""polkadot-js' list of phishing addresses as JSON: site or story → addresses.

Shape: github.com/polkadot-js/phishing, `address.json`. The addresses carry their network's prefix; none is stated.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.labels.formats.base import LabelFormat, read_json, shape_error, text_frame

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a polkadot-js phishing list"


def _read(path: Path) -> pd.DataFrame:
    found = read_json(path, WHAT)
    if not isinstance(found, dict) or not all(_is_addresses(listed) for listed in found.values()):
        raise shape_error(path, WHAT, "its JSON is not site → addresses")
    rows = (
        {"address": address.strip(), "category": "phishing", "address_subtype": site.strip()}
        for site, listed in found.items()
        for address in listed
    )
    return text_frame(rows, ("address", "category", "address_subtype"))


def _is_addresses(listed: Any) -> bool:
    return isinstance(listed, list) and all(isinstance(address, str) for address in listed)


def _recognises(path: Path, head: bytes) -> bool:
    return path.suffix.lower() == ".json" and re.match(rb'(\xef\xbb\xbf)?\s*\{\s*"[^"]*"\s*:\s*\[', head) is not None


POLKADOT_JS = LabelFormat("polkadot-js", _recognises, _read, publisher="polkadot-js")

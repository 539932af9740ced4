"""MyEtherWallet's darklist as JSON: a list of address, comment, date.

Shape: github.com/MyEtherWallet/ethereum-lists, `src/addresses/addresses-darklist.json`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.labels.formats.base import LabelFormat, read_json, scalar, shape_error, text_frame

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a MEW darklist"


def _read(path: Path) -> pd.DataFrame:
    found = read_json(path, WHAT)
    if not isinstance(found, list) or not all(isinstance(row, dict) and {"address", "comment"} <= set(row) for row in found):
        raise shape_error(path, WHAT, "its JSON is not a list of objects with address and comment")
    rows = (
        {
            "address": scalar(row["address"]),
            "category": "darklist",
            "network": "ethereum",
            "address_subtype": scalar(row["comment"]),
        }
        for row in found
    )
    return text_frame(rows, ("address", "category", "network", "address_subtype"))


def _recognises(path: Path, head: bytes) -> bool:
    first = re.match(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{([^}]*)", head)
    # A table of the user's own may have a comment, but has a risk level too.
    return (
        path.suffix.lower() == ".json"
        and first is not None
        and b'"address"' in first[1]
        and b'"comment"' in first[1]
        and b'"risk_level"' not in first[1]
    )


MEW = LabelFormat("mew", _recognises, _read, publisher="mew")

"""MyEtherWallet's darklist as JSON: a list of address, comment, date.

Shape: github.com/MyEtherWallet/ethereum-lists, `src/addresses/addresses-darklist.json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.labels.formats.base import LabelFormat, is_json, plain_text, read_json, shape_error, text_frame

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a MEW darklist"


def _read(path: Path) -> pd.DataFrame:
    entries = read_json(path, WHAT)
    if not isinstance(entries, list) or not all(isinstance(row, dict) and {"address", "comment"} <= set(row) for row in entries):
        raise shape_error(path, WHAT, "its JSON is not a list of objects with address and comment")
    rows = (
        {
            "address": plain_text(row["address"]),
            "category": "darklist",
            "network": "ethereum",
            "address_subtype": plain_text(row["comment"]),
        }
        for row in entries
    )
    return text_frame(rows, ("address", "category", "network", "address_subtype"))


def _recognises(path: Path, head: bytes) -> bool:
    if not is_json(path, head, rb"\[\s*\{"):
        return False
    first = head.split(b"}", 1)[0]
    # The user's own table may have a comment, but then it has a risk level too.
    return b'"address"' in first and b'"comment"' in first and b'"risk_level"' not in first


MEW = LabelFormat("mew", _recognises, _read, publisher="mew")

"""Etherscan's label cloud as JSON: address → name and labels; an address has a row for each of its labels.

Shape: github.com/brianleect/etherscan-labels, `combinedAccountLabels.json`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.labels.formats.base import LabelFormat, read_json, scalar, shape_error, text_frame

if TYPE_CHECKING:
    import pandas as pd

WHAT = "an Etherscan label list"


def _read(path: Path) -> pd.DataFrame:
    found = read_json(path, WHAT)
    if not isinstance(found, dict) or not all(_is_entry(entry) for entry in found.values()):
        raise shape_error(path, WHAT, "its JSON is not address → name, labels")
    rows = (
        {"address": address.strip(), "category": label, "network": "ethereum", "address_subtype": scalar(entry.get("name"))}
        for address, entry in found.items()
        for label in entry["labels"] or [""]
    )
    return text_frame(rows, ("address", "category", "network", "address_subtype"))


def _is_entry(entry: Any) -> bool:
    labels = entry.get("labels") if isinstance(entry, dict) else None
    return isinstance(labels, list) and all(isinstance(label, str) for label in labels)


def _recognises(path: Path, head: bytes) -> bool:
    return path.suffix.lower() == ".json" and re.match(rb'(\xef\xbb\xbf)?\s*\{\s*"0[xX][0-9a-fA-F]*"\s*:\s*\{', head) is not None


ETHERSCAN = LabelFormat("etherscan", _recognises, _read, publisher="etherscan")

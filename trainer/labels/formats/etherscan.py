"""Etherscan's label cloud as JSON: address → name and labels. One row per address and label.

Shape: github.com/brianleect/etherscan-labels, `combinedAccountLabels.json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.labels.formats.base import LabelFormat, is_json, plain_text, read_json, shape_error, text_frame

if TYPE_CHECKING:
    import pandas as pd

WHAT = "an Etherscan label list"


def _read(path: Path) -> pd.DataFrame:
    entries = read_json(path, WHAT)
    if not isinstance(entries, dict) or not all(_is_entry(entry) for entry in entries.values()):
        raise shape_error(path, WHAT, "its JSON is not address → name, labels")
    rows = (
        {"address": address.strip(), "category": label, "network": "ethereum", "address_subtype": plain_text(entry.get("name"))}
        for address, entry in entries.items()
        for label in entry["labels"] or [""]
    )
    return text_frame(rows, ("address", "category", "network", "address_subtype"))


def _is_entry(entry: Any) -> bool:
    labels = entry.get("labels") if isinstance(entry, dict) else None
    return isinstance(labels, list) and all(isinstance(label, str) for label in labels)


def _recognises(path: Path, head: bytes) -> bool:
    return is_json(path, head, rb'\{\s*"0[xX][0-9a-fA-F]*"\s*:\s*\{')


ETHERSCAN = LabelFormat("etherscan", _recognises, _read, publisher="etherscan")

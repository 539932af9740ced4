"""The label clouds of Etherscan and its sister explorers as JSON: address → name and labels. One row per address and label.

Shape: github.com/brianleect/etherscan-labels, `combinedAccountLabels.json` or `combinedAllLabels.json`. Which explorer, and so
which network, a file is of stands only in the name of its folder.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.labels.formats.base import LIST, LabelFormat, plain_text, read_json, shape_error, text_frame
from trainer.labels.formats.marks import are_addresses, json_content

if TYPE_CHECKING:
    import pandas as pd

WHAT = "an Etherscan label list"
NAMES = ("combinedAccountLabels.json", "combinedAllLabels.json")
# Folder of an explorer, without its top-level domain → network.
EXPLORERS = {
    "arbiscan": "arbitrum", "avalanche": "avalanche", "basescan": "base", "bscscan": "bsc", "celoscan": "celo",
    "etherscan": "ethereum", "ftmscan": "fantom", "gnosisscan": "gnosis", "lineascan": "linea", "moonscan": "moonbeam",
    "optimism": "optimism", "optimistic.etherscan": "optimism", "polygonscan": "polygon", "scrollscan": "scroll",
    "snowscan": "avalanche", "snowtrace": "avalanche",
}  # fmt: skip
FOLDERS = 3  # data/bscscan/combined/combinedAllLabels.json


def _read(path: Path) -> pd.DataFrame:
    entries = read_json(path, WHAT)
    if not isinstance(entries, dict) or not all(_is_entry(entry) for entry in entries.values()):
        raise shape_error(path, WHAT, "its JSON is not address → name, labels")
    network = _network(path)
    rows = (
        {
            "address": address.strip(),
            "category": label,
            "network": network,
            "address_subtype": plain_text(entry.get("name")),
            LIST: network,
        }
        for address, entry in entries.items()
        for label in dict.fromkeys(entry["labels"]) or [""]
    )
    return text_frame(rows, ("address", "category", "network", "address_subtype", LIST))


def _network(path: Path) -> str:
    """Return the network of the nearest folder that is named after an explorer; '' if none is."""
    folders = [re.sub(r"\.(com|dev|info|io|org|xyz)$", "", name.lower()) for name in path.absolute().parent.parts[-FOLDERS:]]
    return next((EXPLORERS[name] for name in reversed(folders) if name in EXPLORERS), "")


def _is_entry(entry: Any) -> bool:
    labels = entry.get("labels") if isinstance(entry, dict) else None
    return isinstance(labels, list) and all(isinstance(label, str) for label in labels)


def _recognises(path: Path, head: bytes) -> bool:  # noqa: ARG001  every entry counts, not only the first
    entries = json_content(path) if path.name in NAMES else None
    if not isinstance(entries, dict):
        return False
    if not all(_is_entry(entry) and set(entry) == {"name", "labels"} for entry in entries.values()):
        return False
    # The real files have a few keys that are no address, such as "" or "No matching records found".
    return are_addresses(entries, "ethereum")


ETHERSCAN = LabelFormat(
    "etherscan", _recognises, _read, publisher="etherscan", description="the label cloud of Etherscan or a sister explorer"
)

"""MyEtherWallet's darklist as JSON: a list of address, comment, date.

Shape: github.com/MyEtherWallet/ethereum-lists, `src/addresses/addresses-darklist.json`. The lightlist beside it has the same
shape and lists addresses that are safe.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.labels.formats.base import VALID_FROM, LabelFormat, plain_text, read_json, shape_error, text_frame
from trainer.labels.formats.days import american_day, iso_day
from trainer.labels.formats.marks import are_addresses, json_content

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a MEW darklist"
NAME = "addresses-darklist.json"
KEYS = {"address", "comment", "date"}


def _read(path: Path) -> pd.DataFrame:
    entries = read_json(path, WHAT)
    if "lightlist" in path.name.lower():
        raise shape_error(path, WHAT, "its name is that of the lightlist, of safe addresses; make it a table with a risk_level")
    if not isinstance(entries, list) or not all(isinstance(row, dict) and {"address", "comment"} <= set(row) for row in entries):
        raise shape_error(path, WHAT, "its JSON is not a list of objects with address and comment")
    if foreign := next((sorted(set(row) - KEYS) for row in entries if set(row) - KEYS), None):
        raise shape_error(path, WHAT, f"its objects have keys of another table: {', '.join(foreign)[:200]}")
    rows = (
        {
            "address": plain_text(row["address"]),
            "category": "darklist",
            "network": "ethereum",
            "address_subtype": plain_text(row["comment"]),
            VALID_FROM: _day(plain_text(row.get("date"))),
        }
        for row in entries
    )
    return text_frame(rows, ("address", "category", "network", "address_subtype", VALID_FROM))


def _day(text: str) -> str:
    # The list's short dates are American: the real file has 7/18/17 and 7/22/17.
    return american_day(text) if "/" in text else iso_day(text)


def _recognises(path: Path, head: bytes) -> bool:  # noqa: ARG001  every entry counts, not only the first
    if path.name != NAME:
        return False
    entries = json_content(path)
    if not isinstance(entries, list) or not all(isinstance(row, dict) and set(row) == KEYS for row in entries):
        return False
    return are_addresses((plain_text(row["address"]) for row in entries), "ethereum")


MEW = LabelFormat("mew", _recognises, _read, publisher="mew", description="MyEtherWallet's darklist")

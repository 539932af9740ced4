"""eth-labels as CSV or JSON, accounts and tokens: the tags of Etherscan and its sister explorers. One row per address and label.

Shape: github.com/dawsbot/eth-labels, `accounts.csv` and `tokens.csv`. The labels are Etherscan's, and mean the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.addresses import problem
from trainer.labels.formats.base import LIST, LabelFormat, as_text, shape_error, text_frame
from trainer.labels.formats.chains import network_of_chain
from trainer.labels.formats.records import first_record, read_records
from trainer.uploads import read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a list of eth-labels"
REQUIRED = frozenset({"address", "chainId", "label"})
ACCOUNTS = REQUIRED | {"nameTag"}
TOKENS = REQUIRED | {"name", "symbol", "website", "image"}
COLUMNS = ("address", "category", "network", "address_subtype", "source", LIST)


def _read(path: Path) -> pd.DataFrame:
    records = _published(path) or read_records(path, WHAT, REQUIRED)
    if records and not records[0].keys() & {"nameTag", "name"}:
        raise shape_error(path, WHAT, "it has neither the column nameTag of accounts nor the column name of tokens")
    rows = (
        {
            "address": record["address"].strip(),
            "category": record["label"].strip(),
            "network": network_of_chain(record["chainId"]),
            "address_subtype": (record.get("nameTag") or record.get("name") or "").strip(),
            "source": "eth-labels",
            LIST: "accounts" if "nameTag" in record else "tokens",
        }
        for record in records
    )
    return text_frame(rows, COLUMNS)


def _published(path: Path) -> list[dict[str, str]]:
    r"""Return the records of a CSV file whose values are written as JSON; [] if they are not.

    The publisher's are: a quote is \" instead of "", and a missing value is null. A copy saved by another program is plain CSV.
    """
    if path.suffix.lower() == ".json":
        return []
    header, *lines = read_text(path, WHAT, require_line_end=True).split("\n")
    names = [name.strip() for name in header.split(",")]
    try:
        rows = [json.loads(f"[{line}]", parse_float=str, parse_int=str) for line in lines if line.strip()]
    except (ValueError, RecursionError):
        return []
    if not set(names) >= REQUIRED or len(set(names)) < len(names) or any(len(row) != len(names) for row in rows):
        return []
    return [{name: as_text(value) for name, value in zip(names, row, strict=True)} for row in rows]


def _recognises(path: Path, head: bytes) -> bool:
    record = first_record(path, head)
    is_published = record.keys() in ({*ACCOUNTS}, {*TOKENS})
    return is_published and record["chainId"].isdigit() and problem(record["address"], "ethereum") is None


ETH_LABELS = LabelFormat(
    "eth-labels", _recognises, _read, publisher="etherscan", description="eth-labels' tags of Etherscan and its sister explorers"
)

"""eth-labels as CSV or JSON, accounts and tokens: the tags of Etherscan and its sister explorers. One row per address and label.

Shape: github.com/dawsbot/eth-labels, `accounts.csv` and `tokens.csv`. The labels are Etherscan's, and mean the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.labels.formats.base import LabelFormat, shape_error, text_frame
from trainer.labels.formats.chains import network_of_chain
from trainer.labels.formats.records import first_record, read_records

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a list of eth-labels"
REQUIRED = frozenset({"address", "chainId", "label"})
ACCOUNTS = REQUIRED | {"nameTag"}
TOKENS = REQUIRED | {"name", "symbol", "website", "image"}
COLUMNS = ("address", "category", "network", "address_subtype", "source")


def _read(path: Path) -> pd.DataFrame:
    records = read_records(path, WHAT, REQUIRED)
    if records and not records[0].keys() & {"nameTag", "name"}:
        raise shape_error(path, WHAT, "it has neither the column nameTag of accounts nor the column name of tokens")
    rows = (
        {
            "address": record["address"].strip(),
            "category": record["label"].strip(),
            "network": network_of_chain(record["chainId"]),
            "address_subtype": (record.get("nameTag") or record.get("name") or "").strip(),
            "source": "eth-labels",
        }
        for record in records
    )
    return text_frame(rows, COLUMNS)


def _recognises(path: Path, head: bytes) -> bool:
    record = first_record(path, head)
    # A chain id is a number, which a table with the same column names could lack.
    return record.keys() in ({*ACCOUNTS}, {*TOKENS}) and record["chainId"].isdigit()


ETH_LABELS = LabelFormat("eth-labels", _recognises, _read, publisher="etherscan")

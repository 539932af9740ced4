"""Forta's labelled datasets as CSV: malicious addresses, phishing scams, and malicious contracts with their creators.

Shape: github.com/forta-network/labelled-datasets, `etherscan_malicious_labels.csv`, `phishing_scams.csv` and
`malicious_smart_contracts.csv`. Each row of the last is two: one of the contract, one of its creator.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError
from trainer.labels.formats.base import LIST, PROVENANCE, LabelFormat, shape_error, text_frame
from trainer.labels.formats.marks import MAX_BYTES, are_addresses
from trainer.uploads import read_csv

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a Forta list"
MALICIOUS = ("banned_address", "wallet_tag", "data_source")
PHISHING = ("address", "etherscan_tag", "etherscan_labels", "is_contract")
CONTRACTS = (
    "contract_address", "contract_tag", "contract_creator", "contract_creation_tx", "contract_creator_tag", "source", "notes",
    "contract_creator_etherscan_label",
)  # fmt: skip
NAMES = {"etherscan_malicious_labels.csv": MALICIOUS, "phishing_scams.csv": PHISHING, "malicious_smart_contracts.csv": CONTRACTS}
# Header of the file → its columns for address, category and name; the other columns are not about risk.
SHAPES = {
    MALICIOUS: ("banned_address", "data_source", "wallet_tag"),
    PHISHING: ("address", "etherscan_labels", "etherscan_tag"),
}
# The file has no category of contracts: its name says what they are.
CONTRACT, CREATOR = "malicious smart contract", "creator of a malicious smart contract"


def _read(path: Path) -> pd.DataFrame:
    frame = read_csv(path)
    if tuple(frame.columns) == CONTRACTS:
        return _contracts_and_creators(frame)
    shape = SHAPES.get(tuple(frame.columns))
    if shape is None:
        raise shape_error(path, WHAT, f"its columns are {', '.join(frame.columns)[:200]}")
    named = frame.loc[:, list(shape)].set_axis(["address", "category", "address_subtype"], axis="columns")
    return named.assign(network="ethereum", list="malicious" if "data_source" in shape else "phishing")


def _contracts_and_creators(frame: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for contract, tag, creator, _, creator_tag, source, notes, label in frame.itertuples(index=False, name=None):
        row = {PROVENANCE: source, "network": "ethereum", LIST: "contracts"}
        rows.append(row | {"address": contract, "category": CONTRACT, "address_subtype": tag or notes})
        if creator.strip():
            rows.append(row | {"address": creator, "category": label or CREATOR, "address_subtype": creator_tag or notes})
    return text_frame(rows, ("address", "category", PROVENANCE, "network", "address_subtype", LIST))


def _recognises(path: Path, head: bytes) -> bool:
    first = head.split(b"\n", 1)[0].removeprefix(b"\xef\xbb\xbf").strip()
    header = NAMES.get(path.name)
    if header is None or first != ",".join(header).encode():
        return False
    try:
        return path.stat().st_size <= MAX_BYTES and are_addresses(_read(path)["address"], "ethereum")
    except (BadInputError, OSError):
        return False


FORTA = LabelFormat(
    "forta", _recognises, _read, publisher="forta", description="Forta's malicious addresses, contracts and phishing scams"
)

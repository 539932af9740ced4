"""Forta's labelled datasets as CSV: malicious addresses and phishing scams, both from Etherscan's tags.

Shape: github.com/forta-network/labelled-datasets, `etherscan_malicious_labels.csv` and `phishing_scams.csv`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.addresses import EVM
from trainer.errors import BadInputError
from trainer.labels.formats.base import LabelFormat, shape_error
from trainer.labels.formats.marks import MAX_BYTES, has_form
from trainer.uploads import read_csv

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a Forta list"
MALICIOUS = ("banned_address", "wallet_tag", "data_source")
PHISHING = ("address", "etherscan_tag", "etherscan_labels", "is_contract")
NAMES = {"etherscan_malicious_labels.csv": MALICIOUS, "phishing_scams.csv": PHISHING}
# Header of the file → its columns for address, category and name; the other columns are not about risk.
SHAPES = {
    MALICIOUS: ("banned_address", "data_source", "wallet_tag"),
    PHISHING: ("address", "etherscan_labels", "etherscan_tag"),
}


def _read(path: Path) -> pd.DataFrame:
    frame = read_csv(path, require_line_end=True)
    shape = SHAPES.get(tuple(frame.columns))
    if shape is None:
        raise shape_error(path, WHAT, f"its columns are {', '.join(frame.columns)[:200]}")
    named = frame.loc[:, list(shape)].set_axis(["address", "category", "address_subtype"], axis="columns")
    return named.assign(network="ethereum")


def _recognises(path: Path, head: bytes) -> bool:
    first = head.split(b"\n", 1)[0].removeprefix(b"\xef\xbb\xbf").strip()
    header = NAMES.get(path.name)
    if header is None or first != ",".join(header).encode():
        return False
    try:
        return path.stat().st_size <= MAX_BYTES and has_form(_read(path)["address"], EVM)
    except (BadInputError, OSError):
        return False


FORTA = LabelFormat("forta", _recognises, _read, publisher="forta", description="Forta's malicious addresses and phishing scams")

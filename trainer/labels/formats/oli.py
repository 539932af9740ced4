"""Labels in the shape of the Open Labels Initiative, as CSV or JSON: contracts of many chains and what they are used for.

Shape: github.com/openlabelsinitiative/OLI; its categories are in `usage_category.yml`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.labels.formats.base import LabelFormat, shape_error, text_frame
from trainer.labels.formats.chains import network_of_chain
from trainer.labels.formats.records import first_record, read_records

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a list of the Open Labels Initiative"
CATEGORY_FIELD = "usage_category"
REQUIRED = frozenset({"address", "chain_id"})
FIELDS = REQUIRED | {
    "is_eoa", "is_contract", "is_factory_contract", "is_proxy", "is_safe_contract", "contract_name", "deployment_tx",
    "deployer_address", "owner_project", "deployment_date", "erc_type", "erc20.symbol", "erc20.decimals", "erc721.name",
    "erc721.symbol", "erc1155.name", "erc1155.symbol", CATEGORY_FIELD, "version", "audit", "contract_monitored",
    "source_code_verified",
}  # fmt: skip


def _read(path: Path) -> pd.DataFrame:
    records = read_records(path, WHAT, REQUIRED)
    if records and not any(CATEGORY_FIELD in record for record in records):
        raise shape_error(path, WHAT, f"no record has a {CATEGORY_FIELD}")
    rows = (
        {
            "address": record["address"].strip(),
            "category": record.get(CATEGORY_FIELD, "").strip(),
            "network": network_of_chain(record["chain_id"]),
            "address_subtype": (record.get("contract_name") or record.get("owner_project") or "").strip(),
        }
        for record in records
    )
    return text_frame(rows, ("address", "category", "network", "address_subtype"))


def _recognises(path: Path, head: bytes) -> bool:
    record = first_record(path, head)
    # The user's own table may have been made from such a list, but then it has a column of its own, or few of the list's.
    is_published = record.keys() <= FIELDS and record.keys() >= {*REQUIRED, CATEGORY_FIELD, "owner_project"}
    return is_published and ":" in record["chain_id"]


OLI = LabelFormat("oli", _recognises, _read, publisher="oli", description="uses of contracts from the Open Labels Initiative")

"""Which rows of a list are labels of their own: the others repeat one of them, and the label tables have them once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.keys import FIRST_DATE, LAST_DATE, SNAPSHOT_KEY
from trainer.warehouse import RAW_ADDRESS_LABELS, RAW_STANDING_LABELS

if TYPE_CHECKING:
    import pandas as pd

# SQL: what a list says of an address, with which value, and whether it still does.
LABEL = "sipHash128(network, source, list, address, label, address_subtype)"
VALUE = "sipHash128(risk_level, confidence_score, trust_level, publisher)"
OPEN = f"valid_to = toDate('{LAST_DATE}')"
_DAYS = ("processing_date", "valid_from", "valid_to")
_STAMPED = [*SNAPSHOT_KEY, *RAW_ADDRESS_LABELS.key_columns]
_STANDING = ["network", *(name for name in RAW_STANDING_LABELS.key_columns if name not in {"network", "valid_from"})]


def distinct_labels(good: pd.DataFrame) -> pd.Index[int]:
    """Return the numbers of the rows, of n checked rows of text, that are labels of their own.

    As `store` and `store_standing` have it: for standing labels, rows that differ in nothing but their last day are one label,
    and so are rows without a last day that differ in nothing but their first.
    """
    import numpy as np

    rows = good.assign(confidence_score=good["confidence_score"].astype(float).astype(np.float32))
    for name in _DAYS:
        if name in rows.columns:
            rows[name] = rows[name].str.slice(0, 10)
    if "valid_from" not in rows.columns:
        rows["window_days"] = rows["window_days"].astype(float)
        return rows.index[~rows.duplicated(_STAMPED)]
    rows = rows.sort_values("valid_to", ascending=False, kind="stable").drop_duplicates([*_STANDING, "valid_from"])
    rows = rows.sort_values("valid_from", kind="stable")
    rows["valid_from"] = rows["valid_from"].where(rows["valid_to"] != str(LAST_DATE), str(FIRST_DATE))
    return rows.index[~rows.duplicated([*_STANDING, "valid_from", "valid_to"])].sort_values()


def listed_once(listed: str) -> str:
    """Return the query for the distinct labels of a list; `distinct_labels` finds the same rows."""
    return f"""
        SELECT *, groupUniqArray(value_hash) OVER (PARTITION BY label_hash) AS listed_values FROM (
            SELECT *, {LABEL} AS label_hash, {VALUE} AS value_hash FROM {listed}
            -- Of rows that differ in nothing but their last day, the latest holds.
            ORDER BY valid_to DESC LIMIT 1 BY label_hash, value_hash, valid_from
        )
        ORDER BY valid_from LIMIT 1 BY label_hash, value_hash, if({OPEN}, toDate('{FIRST_DATE}'), valid_from), valid_to
    """

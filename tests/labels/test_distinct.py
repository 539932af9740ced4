"""The rows that are counted as labels of their own are those that the label tables keep."""

from __future__ import annotations

import pandas as pd
import pytest

from trainer.keys import FIRST_DATE, LAST_DATE
from trainer.labels.distinct import distinct_labels

A, B = "0x" + "aa" * 20, "0x" + "bb" * 20
STANDING = {
    "network": "n", "address": A, "label": "x", "address_type": "unknown", "address_subtype": "", "risk_level": "high",
    "confidence_score": "0.5", "trust_level": "", "source": "s", "publisher": "", "list": "",
    "valid_from": str(FIRST_DATE), "valid_to": str(LAST_DATE),
}  # fmt: skip
STAMPED = {name: value for name, value in STANDING.items() if not name.startswith("valid") and name != "list"} | {
    "processing_date": "2025-08-01", "window_days": "90",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "changes", "kept"),
    [
        (STANDING, [{}, {}], [1]),
        (STANDING, [{}, {"address": B}, {"label": "y"}, {"risk_level": "low"}], [1, 2, 3, 4]),
        (STANDING, [{}, {"address_type": "exchange"}, {"confidence_score": "0.50"}], [1]),
        (STANDING, [{"valid_from": "2025-02-01"}, {"valid_from": "2025-01-01"}], [2]),  # open: the first day of all
        (STANDING, [{"valid_to": "2025-02-01"}, {"valid_to": "2025-03-01"}], [2]),  # from the same day: the latest last day
        (STANDING, [{"valid_to": "2025-02-01"}, {"valid_from": "2025-03-01", "valid_to": "2025-04-01"}, {"valid_from": "2025-05-01"}], [1, 2, 3]),
        (STAMPED, [{}, {}, {"window_days": "90.0"}, {"processing_date": "2025-08-01 00:00:00"}], [1]),
        (STAMPED, [{}, {"window_days": "30"}, {"processing_date": "2025-08-02"}, {"address_subtype": "z"}], [1, 2, 3, 4]),
    ],
)  # fmt: skip
def test_rows_that_the_tables_merge_are_one_label(kind: dict[str, str], changes: list[dict[str, str]], kept: list[int]) -> None:
    rows = pd.DataFrame([kind | change for change in changes], index=range(1, len(changes) + 1))
    assert distinct_labels(rows).tolist() == kept

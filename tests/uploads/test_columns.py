"""Which columns are answers or row numbers, by name and by content."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.features.built_in import built_in_names
from trainer.model_types import LABEL_COLUMNS
from trainer.uploads import ANSWER, ROW_NUMBER, RowCounter, reason_to_leave_out
from trainer.warehouse import RAW_ALERTS, RAW_FEATURES

ANSWERS = [
    "label",
    "labels",
    "is_money_laundering",
    "moneyLaundering",
    "aml_flag",
    "is_sar",
    "is_hacker",
    "ransomware",
    "stolen",
    "is_darknet",
    "ofac",
    "watchlist",
    "case_status_label",
    "disposition",
    "confirmed_fraud",
    "is_bad",
    "Label",
    "LABEL",
    "y",
    "Y",
    "y_true",
    "gt",
    "target",
    "target_class",
    "class",
    "Class",
    "class_id",
    "risk",
    "risk_level",
    "riskLevel",
    "RISKLEVEL",
    "is_illicit",
    "isIllicit",
    "isillicit",
    "illicit",
    "fraud",
    "isFraud",
    "is_fraud",
    "flag",
    "flags",
    "is_flagged",
    "risk_flag",
    "ground_truth",
    "groundTruth",
    "truth",
    "true_label",
    "is_scam",
    "scam",
    "sanctioned",
    "is_sanctioned",
    "suspicious",
    "suspicious_label",
    "label_1",
    "label2",
    "account_class",
    "verdict",
    "outcome",
    "blacklisted",
    "malicious",
    "known_illicit",
    "risk-category",
    "fraud_type",
    "trust_level",
    "label_confidence",
]
FEATURES = [
    "suspicious_pattern_score",
    "risk_proximity_1hop",
    "fraud_neighbours",
    "scam_share_2hop",
    "risk_score",
    "hub_flag",
    "is_dust",
    "asset_class",
    "degree",
    "day",
    "classic",
    "turnover",
    "flag_count",
    "target_count",
    "illicit_volume_usd",
    "my_ratio",
    "x",
    "pagerank",
    "address_count",
    "tx_type_entropy",
]
ROW_NUMBERS = [
    "__index_level_0__",
    "__index_level_12__",
    "Unnamed: 0",
    "unnamed: 3",
    "index",
    "Index",
    "row_number",
    "rowid",
    "row_id",
]


@pytest.mark.parametrize("name", sorted({*ANSWERS, *LABEL_COLUMNS}))
def test_a_name_of_answer_words_is_an_answer(name: str) -> None:
    assert reason_to_leave_out(name) == ANSWER
    assert reason_to_leave_out(name, [name]) is None


@pytest.mark.parametrize("name", FEATURES)
def test_an_answer_word_among_others_is_no_answer(name: str) -> None:
    assert reason_to_leave_out(name) is None


def test_no_built_in_feature_is_taken_for_an_answer() -> None:
    names = {*built_in_names(), *RAW_FEATURES.types, *RAW_ALERTS.types} - {"address", "confidence_score"}
    assert len(names) > 150
    assert [name for name in sorted(names) if reason_to_leave_out(name) is not None] == []


@pytest.mark.parametrize("name", ROW_NUMBERS)
def test_a_name_of_a_row_number_is_one(name: str) -> None:
    assert reason_to_leave_out(name) == ROW_NUMBER
    assert reason_to_leave_out(name, [name]) is None


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        (np.arange(10.0), True),
        (np.arange(5.0, 20.0), True),
        (np.arange(20.0, 0.0, -1.0), True),
        (np.arange(9.0), False),  # too few to say
        (np.array([*range(10), 12.0, 15.0]), True),  # an index of the rows that a filter kept
        (np.array([*range(10), np.nan]), True),
        (np.array([np.nan] * 2 + [*range(10)]), False),  # many rows have none
        (np.array([*range(10), 10, 10.0]), False),
        (np.arange(20.0) + 0.5, False),
        (1_700_000_000.0 + 3600 * np.arange(20.0), False),  # times of sorted rows
        (np.full(20, 7.0), False),
        (np.arange(0.0, 40.0, 2.0), True),
        (np.arange(10.0).repeat(2), False),
        (np.random.default_rng(0).permutation(50).astype(float), False),
    ],
)
def test_numbers_that_number_the_rows_are_row_numbers(values: np.ndarray, counts: bool) -> None:
    whole, batched = RowCounter(), RowCounter()
    whole.see(values)
    for part in np.array_split(values, 3):
        batched.see(part)
    assert whole.is_row_number == batched.is_row_number == counts


def test_row_numbers_may_start_again_in_a_new_file_only() -> None:
    for starts_file in (True, False):
        counter = RowCounter()
        for _ in range(2):
            counter.see(np.arange(10.0), starts_file=starts_file)
        assert counter.is_row_number == starts_file

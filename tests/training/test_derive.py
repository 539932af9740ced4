"""Labels of alerts become votes about addresses: the greater sum of weights, no vote on a tie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import UsageError
from trainer.labels.strategies import AddressLabelStrategy, LabelStrategy
from trainer.training.derive import derive_votes, votes_of

COLUMNS = ["address", "label", "weight", "label_confidence", "label_source"]
ROWS = [
    ("outweighed", 1, 0.9, 0.9, "z"), ("outweighed", 0, 0.5, 0.5, "a"), ("outweighed", 0, 0.5, 0.6, "b"), ("outweighed", 0, 0.1, 0.2, "a"),
    ("tied", 1, 0.3, 0.3, "z"), ("tied", 0, 0.1, 0.1, "a"), ("tied", 0, 0.2, 0.2, "a"),
    ("silent", np.nan, 0.0, 0.9, "z"),
    ("unsure", 1, 0.25, np.nan, None), ("unsure", np.nan, 0.0, np.nan, "z"),
    ("heavy", 1, 7.0, None, "z"),
    ("weightless", 0, 0.0, 0.5, "z"),
]  # fmt: skip


def votes(rows: list[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], int]:
    found, tied = votes_of(pd.DataFrame(rows, columns=COLUMNS))
    return list(found[["address", "vote", "confidence", "evidence"]].itertuples(index=False, name=None)), tied


@given(st.permutations(ROWS))
def test_the_label_with_the_greater_sum_of_weights_is_the_vote_whatever_the_order(rows: list[tuple[Any, ...]]) -> None:
    found, tied = votes(rows)
    assert found == [("heavy", 1, 1.0, "z"), ("outweighed", 0, 0.6, "a; b"), ("unsure", 1, 0.25, "")]
    assert tied == 2  # and 0.1 + 0.2 is as much as 0.3


@pytest.mark.parametrize("label", [np.nan, 0, 1])
def test_labels_of_one_class_and_no_labels_are_valid(label: float) -> None:
    found, tied = votes([("a", label, 1.0, np.nan, None)])
    assert tied == 0
    assert found == ([] if label != label else [("a", label, 1.0, "")])


class Silent(LabelStrategy):
    def derive_labels(self, alerts_df: pd.DataFrame, data: Any) -> pd.DataFrame:
        return alerts_df.assign(label=None)


@pytest.mark.parametrize(
    ("strategy", "name", "reason"),
    [(AddressLabelStrategy(), None, "a label already"), (Silent(), " ", "not valid"), (Silent(), "two\nlines", "not valid")],
)
def test_a_call_that_cannot_be_meant_is_refused_before_anything_is_read(
    strategy: LabelStrategy, name: str | None, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        derive_votes(None, strategy, None, name=name)  # type: ignore[arg-type]

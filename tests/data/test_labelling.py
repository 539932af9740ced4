"""Training uses exactly the labels and weights that a user's own strategy returns."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.data import labelling
from trainer.data.dataset import Dataset
from trainer.data.feature import Feature
from trainer.data.selection import Selection
from trainer.errors import BadInputError, NotEnoughLabelsError, UserCodeError
from trainer.labels.strategies import AddressLabelStrategy, LabelStrategy

SELECTION = Selection("simnet", date(2025, 8, 1), date(2025, 9, 1), 90)
IDS = [f"a{i}" for i in range(12)]


def rows() -> Dataset:
    keys = pa.table(
        {
            "processing_date": pa.array(np.repeat(np.array(["2025-08-01", "2025-09-01"], dtype="datetime64[D]"), 6)),
            "alert_id": IDS,
            "address": [f"0x{i % 5}" for i in range(12)],
        }
    )
    X = np.arange(24, dtype=np.float32).reshape(12, 2)
    none = np.empty(0, dtype=np.float32)
    return Dataset(X, none, none, keys, [Feature("f0", "f0"), Feature("f1", "f1")])


class Given(LabelStrategy):
    """Answers from two dictionaries alert_id → value, its rows in any order."""

    def __init__(self, labels: dict[str, Any], weights: dict[str, float] | None = None, order: int = 0, **extra: Any) -> None:
        self.labels, self.weights, self.order, self.extra = labels, weights, order, extra
        self.asked: list[pd.DataFrame] = []

    def derive_labels(self, alerts_df: pd.DataFrame, data: Any) -> pd.DataFrame:
        self.asked.append(alerts_df.copy())
        derived = alerts_df.assign(label=[self.labels.get(alert) for alert in alerts_df["alert_id"]], **self.extra)
        if self.weights is not None:
            derived["label_confidence"] = [self.weights[alert] for alert in alerts_df["alert_id"]]
        return derived.sample(frac=1, random_state=self.order) if self.order else derived


class Sourced(Given):
    """Labels all rows but the first as risky, and says what each label comes from; its rows are in another order."""

    def __init__(self, sources: list[Any]) -> None:
        super().__init__(dict.fromkeys(IDS[1:], 1))
        self.sources = dict(zip(IDS, sources, strict=True))

    def derive_labels(self, alerts_df: pd.DataFrame, data: Any) -> pd.DataFrame:
        derived = super().derive_labels(alerts_df, data)
        return derived.assign(label_source=derived["alert_id"].map(self.sources))[::-1]


def label(monkeypatch: pytest.MonkeyPatch, strategy: LabelStrategy) -> Dataset:
    monkeypatch.setattr(labelling, "read_scoring", lambda *args, **kwargs: rows())
    monkeypatch.setattr(labelling, "facts_of", lambda *args: pa.table({"label_source": args[-1]}))  # the rest is the warehouse's
    return labelling.read_labelled(None, "alert_scorer", SELECTION, strategy)  # type: ignore[arg-type]


def test_what_a_label_comes_from_stays_with_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = ["desk", None, 7, "list"] * 3
    found = label(monkeypatch, Sourced(sources))
    assert found.facts is not None
    assert found.facts["label_source"].to_pylist() == [None, None, "list", "desk", None, None, "list", "desk", None, None, "list"]


@given(
    st.lists(st.sampled_from([0, 1, 1.0, True, "1", None, np.nan]), min_size=12, max_size=12).filter(
        lambda found: any(one == 1 for one in found[:6]) and any(one == 1 for one in found[6:])
    ),
    st.lists(st.floats(0, 10), min_size=12, max_size=12),
    st.integers(0, 20),
)
def test_labels_and_weights_are_taken_as_they_are(labels: list[Any], weights: list[float], order: int) -> None:
    wanted = dict(zip(IDS, labels, strict=True))
    strategy = Given(wanted, dict(zip(IDS, weights, strict=True)), order, total_volume_usd=7.0, story="x")
    with pytest.MonkeyPatch.context() as patch:
        found = label(patch, strategy)
    ids = found.keys["alert_id"].to_pylist()
    assert ids == [one for one, value in wanted.items() if value is not None and value == value]
    assert found.y.tolist() == [float(wanted[one]) for one in ids]
    assert found.weight.tolist() == [np.float32(weights[IDS.index(one)]) for one in ids]
    assert found.X[:, 0].tolist() == [2.0 * IDS.index(one) for one in ids]
    assert found.feature_names == ["f0", "f1"]


def test_without_a_confidence_every_weight_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert label(monkeypatch, Given(dict.fromkeys(IDS, 1))).weight.tolist() == [1.0] * 12


def test_the_strategy_is_called_once_per_date_with_the_key_and_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = Given(dict.fromkeys(IDS, 0))
    label(monkeypatch, strategy)
    assert [set(asked["processing_date"]) for asked in strategy.asked] == [{date(2025, 8, 1)}, {date(2025, 9, 1)}]
    assert set(strategy.asked[0].columns) == {"network", "processing_date", "window_days", "alert_id", "address"}


def test_weights_in_another_order_are_matched_by_index(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sorted(Given):
        def get_label_weights(self, alerts_df: pd.DataFrame) -> pd.Series:
            return alerts_df.sort_values("alert_id", ascending=False)["alert_id"].str.slice(1).astype(float)

    assert label(monkeypatch, Sorted(dict.fromkeys(IDS, 1), order=3)).weight.tolist() == [float(i) for i in range(12)]


@pytest.mark.parametrize("answer", [False, np.False_, np.bool_(False), 0])
def test_labels_that_the_strategy_refuses_are_not_trained_on(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    class Strict(Given):
        def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
            return answer  # type: ignore[no-any-return]

    with pytest.raises(NotEnoughLabelsError, match="Strict.validate_labels returned False"):
        label(monkeypatch, Strict(dict.fromkeys(IDS, 1)))


@pytest.mark.parametrize("answer", [True, np.True_, None])
def test_labels_that_validate_labels_does_not_refuse_are_trained_on(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    class Easy(Given):
        def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
            return answer  # type: ignore[no-any-return]

    assert len(label(monkeypatch, Easy(dict.fromkeys(IDS, 1))).y) == 12


def test_the_reason_of_a_refusal_reaches_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    class Telling(Given):
        def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
            raise ValueError("only 3 mixers, need 10")

    with pytest.raises(NotEnoughLabelsError, match="Telling.validate_labels.*only 3 mixers, need 10"):
        label(monkeypatch, Telling(dict.fromkeys(IDS, 1)))


@pytest.mark.parametrize("method", ["derive_labels", "validate_labels", "get_label_weights"])
def test_a_method_that_fails_is_named_with_the_snapshot_and_its_rows(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    def fail(*arguments: Any) -> Any:
        raise KeyError("column of mine")

    class Failing(Given):
        """Has a fault in one method."""

    setattr(Failing, method, fail)
    with pytest.raises(
        UserCodeError, match=rf"Failing.{method} raised KeyError on simnet/2025-08-01/90 \(6 rows\): 'column of mine'"
    ):
        label(monkeypatch, Failing(dict.fromkeys(IDS, 1)))


@pytest.mark.parametrize(
    "error", [AttributeError("x"), TypeError("x"), NameError("x"), ZeroDivisionError("x"), FileNotFoundError("x")]
)
def test_a_fault_in_validate_labels_is_no_refusal(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    class Faulty(Given):
        def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
            raise error

    with pytest.raises(UserCodeError, match=f"Faulty.validate_labels raised {type(error).__name__}") as raised:
        label(monkeypatch, Faulty(dict.fromkeys(IDS, 1)))
    assert raised.value.__cause__ is error


class TooFewMixersError(Exception):
    """A reason of the user's own."""


@pytest.mark.parametrize("error", [AssertionError(), ValueError("x"), TooFewMixersError("x")])
def test_a_reason_to_refuse_is_a_refusal(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    class Refusing(Given):
        def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
            raise error

    with pytest.raises(NotEnoughLabelsError, match=f"Refusing.validate_labels refused the labels: {type(error).__name__}: ."):
        label(monkeypatch, Refusing(dict.fromkeys(IDS, 1)))


def test_no_label_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotEnoughLabelsError):
        label(monkeypatch, Given({}))


def test_rows_returned_twice_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Twice(Given):
        def derive_labels(self, alerts_df: pd.DataFrame, data: Any) -> pd.DataFrame:
            derived = super().derive_labels(alerts_df, data)
            return pd.concat([derived, derived.head(2)])

    with pytest.raises(BadInputError, match="2 rows for a second time"):
        label(monkeypatch, Twice(dict.fromkeys(IDS, 1)))


@pytest.mark.parametrize("wrong", [2, -1, 0.5, "high", "mixer"])
def test_an_invalid_label_is_named(monkeypatch: pytest.MonkeyPatch, wrong: Any) -> None:
    with pytest.raises(BadInputError, match=f"{wrong}.*labels are 1, 0 or missing"):
        label(monkeypatch, Given(dict.fromkeys(IDS, 1) | {"a3": wrong}))


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_an_invalid_weight_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: float) -> None:
    class Odd(Given):
        def get_label_weights(self, alerts_df: pd.DataFrame) -> pd.Series:
            return pd.Series([wrong] * len(alerts_df))

    with pytest.raises(BadInputError, match="Odd.get_label_weights"):
        label(monkeypatch, Odd(dict.fromkeys(IDS, 1)))


@pytest.mark.parametrize("answer", [pd.Series([1.0]), [1.0] * 3, ["x"] * 6, None])
def test_weights_of_another_length_or_kind_are_refused(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    class Odd(Given):
        def get_label_weights(self, alerts_df: pd.DataFrame) -> pd.Series:
            return answer  # type: ignore[no-any-return]

    with pytest.raises(BadInputError, match="Odd.get_label_weights"):
        label(monkeypatch, Odd(dict.fromkeys(IDS, 1)))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "NoneType, not a DataFrame"),
        ([1, 2], "list, not a DataFrame"),
        (pd.DataFrame({"label": [1]}), "alert_id"),
        (pd.DataFrame({"alert_id": ["a0"], "risk": [1]}), "label"),
    ],
)
def test_a_result_without_the_key_or_the_label_is_refused(monkeypatch: pytest.MonkeyPatch, answer: Any, reason: str) -> None:
    class Wrong(LabelStrategy):
        def derive_labels(self, alerts_df: pd.DataFrame, data: Any) -> pd.DataFrame:
            return answer  # type: ignore[no-any-return]

        def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
            return True

    with pytest.raises(BadInputError, match=reason):
        label(monkeypatch, Wrong())


def test_rows_outside_the_snapshot_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class More(Given):
        def derive_labels(self, alerts_df: pd.DataFrame, data: Any) -> pd.DataFrame:
            derived = super().derive_labels(alerts_df, data)
            return pd.concat([derived, derived.head(1).assign(alert_id="elsewhere")], ignore_index=True)

    assert label(monkeypatch, More(dict.fromkeys(IDS, 1))).keys["alert_id"].to_pylist() == IDS


def test_the_warehouse_strategy_joins_by_snapshot_and_address() -> None:
    asked = pd.DataFrame(
        {
            "network": "n",
            "processing_date": date(2025, 8, 1),
            "window_days": 90,
            "alert_id": ["a", "b", "c"],
            "address": ["0x1", "0x2", "0x1"],
        }
    )
    key = {"network": "n", "processing_date": date(2025, 8, 1), "window_days": 90, "label_confidence": 0.9, "label_source": "s"}
    labels = pd.DataFrame(
        [key | {"address": "0x1", "label": 1, "strategy": "address_labels"}, key | {"address": "0x2", "label": 0, "strategy": "sot_only"},
         key | {"address": "0x2", "label": 0, "strategy": "address_labels", "window_days": 195}]
    )  # fmt: skip
    found = AddressLabelStrategy().derive_labels(asked, {"labels": labels})
    assert found["alert_id"].tolist() == ["a", "b", "c"]
    assert found["label"].fillna(-1).tolist() == [1, -1, 1]

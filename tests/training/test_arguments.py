"""What a training run accepts as trainer and label strategy, and what it says of anything else, before any data is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from trainer import AddressLabelStrategy, LabelStrategy, LightGBMTrainer, ModelTraining, XGBoostTrainer
from trainer.errors import UsageError
from trainer.labels import WarehouseLabelStrategy
from trainer.training.arguments import checked_trainer, strategy_named, trainer_named


class Connected:
    """Has the methods of a client; nothing may be asked of it yet."""

    def query(self, *arguments: Any) -> Any:
        raise AssertionError("data was read")

    raw_stream = insert_df = query


class NeedsArguments(LabelStrategy):
    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return alerts_df


def training(**options: Any) -> ModelTraining:
    return ModelTraining("simnet", "2025-08-01", "2025-09-01", **({"client": Connected()} | options))


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (None, XGBoostTrainer),
        ("lightgbm", LightGBMTrainer),
        (LightGBMTrainer, LightGBMTrainer),
        (XGBoostTrainer(seed=3), XGBoostTrainer),
    ],
)
def test_a_trainer_is_a_name_a_class_or_an_object(given: Any, kind: type) -> None:
    assert type(training(model_trainer=given)._trainer()) is kind
    assert trainer_named(given, seed=3).seed == 3  # type: ignore[attr-defined]


def test_an_object_stays_the_same_object_with_its_own_seed() -> None:
    own = XGBoostTrainer(seed=5)
    assert trainer_named(own, seed=9) is own and own.seed == 5


def test_a_name_becomes_the_ranker_of_that_name_for_a_ranker_model_type() -> None:
    assert type(checked_trainer("lightgbm", "alert_ranker")).__name__ == "LightGBMRanker"


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        (None, AddressLabelStrategy, "address_labels"),
        (AddressLabelStrategy, AddressLabelStrategy, "address_labels"),
        ("label_model", WarehouseLabelStrategy, "label_model"),
        (WarehouseLabelStrategy("sot_only"), WarehouseLabelStrategy, "sot_only"),
    ],
)
def test_a_strategy_is_a_name_a_class_or_an_object(given: Any, kind: type, name: str) -> None:
    made = strategy_named(given)
    assert isinstance(made, WarehouseLabelStrategy) and (type(made), made.name) == (kind, name)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"client": None}, "client"),
        ({"client": object()}, "client"),
        ({"model_trainer": 3}, "model_trainer"),
        ({"model_trainer": dict}, "model_trainer"),
        ({"model_trainer": "lightgm"}, "lightgbm"),
        ({"label_strategy": 3}, "label_strategy"),
        ({"label_strategy": dict}, "label_strategy"),
        ({"label_strategy": NeedsArguments}, "NeedsArguments"),
        ({"model_type": "alert_scorr"}, "alert_scorer"),
    ],
)
def test_anything_else_is_a_sentence_at_construction(options: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named) as raised:
        training(**options)
    assert str(raised.value).endswith(".") and "\n" not in str(raised.value)


def test_options_of_a_trainer_are_checked_before_data_is_read() -> None:
    with pytest.raises(UsageError, match="max_depth"):
        training(model_trainer=XGBoostTrainer({"max_dept": 3})).run()

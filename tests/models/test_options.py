"""Options are checked without data, before any is read; a misspelt name gets the nearest one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from trainer.errors import UsageError, did_you_mean
from trainer.models import LightGBMRanker, XGBoostRanker, build, check_options, trainer_class
from trainer.models.boosting.xgboost import XGBoostTrainer

REGISTERED = ("constant", "ensemble", "lightgbm", "logistic", "neural_net", "single_feature", "xgboost")


@pytest.mark.parametrize("name", REGISTERED)
def test_the_defaults_pass(name: str) -> None:
    check_options(build(trainer_class(name), {}))


@pytest.mark.parametrize(
    ("name", "parameters", "near"),
    [
        ("xgboost", {"max_dept": 3}, "'max_depth'"),
        ("xgboost", {"learning_rat": 0.1}, "'learning_rate'"),
        ("lightgbm", {"num_leafs": 3}, "'num_leaves'"),
        ("neural_net", {"widht": 64}, "'width'"),
        ("logistic", {"strenght": 1.0}, "'strength'"),
        ("ensemble", {"parameters": {"xgboost": {"max_dept": 3}}}, "'max_depth'"),
        ("ensemble", {"members": ["xgbost"]}, "'xgboost'"),
        ("ensemble", {"method": "stackin"}, "'stacking'"),
        ("xgboost", {"preset": "guid"}, "'guide'"),
        ("xgboost", {"objective": "binary:logistics"}, "'binary:logistic'"),
    ],
)
def test_a_misspelt_option_gets_the_nearest(name: str, parameters: dict[str, Any], near: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean {near}"):
        check_options(build(trainer_class(name), parameters))


@pytest.mark.parametrize("kind", [XGBoostRanker, LightGBMRanker])
def test_a_ranker_is_checked_too(kind: Any) -> None:
    check_options(kind({"max_depth": 3, "n_estimators": 7}))
    with pytest.raises(UsageError, match="'max_depth'"):
        check_options(kind({"max_dept": 3}))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("xgboost", {"max_depth": "deep"}),
        ("xgboost", {"max_depth": -3}),
        ("xgboost", {"n_estimators": 0}),
        ("lightgbm", {"num_leaves": 1}),
        ("lightgbm", {"bagging_fraction": 7}),
        ("neural_net", {"width": 99_999}),
        ("logistic", {"strength": -1}),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        check_options(build(trainer_class(name), parameters))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("xgboost", {"max_depth": 3, "eta": 0.1, "monotone_constraints": "(1,0,-1,1)"}),
        ("xgboost", {"interaction_constraints": "[[0, 5], [7, 9]]", "n_estimators": 100_000}),
        ("lightgbm", {"num_leaves": 7, "monotone_constraints": [1, 0, -1, 1, 0]}),
        ("lightgbm", {"min_data_in_leaf": 5000}),
    ],
)
def test_what_depends_on_the_data_is_left_to_training(name: str, parameters: dict[str, Any]) -> None:
    check_options(build(trainer_class(name), parameters))


class OwnTraining(XGBoostTrainer):
    """Takes options of its own, and trains in its own way."""

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: Any = None, groups: Any = None) -> Any:
        return super().train(X, y, sample_weights, groups)


def test_a_subclass_with_a_train_of_its_own_is_not_checked() -> None:
    check_options(OwnTraining({"my_option": 1}))


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("max_dept", ["max_depth", "depth"], " (did you mean 'max_depth'?)"),
        ("XGBOOST", ["xgboost"], " (did you mean 'xgboost'?)"),
        ("constant", ["xgboost", "logistic"], ""),
        ("", ["xgboost"], ""),
    ],
)
def test_the_nearest_name_is_named_if_there_is_one(name: str, known: list[str], near: str) -> None:
    assert did_you_mean(name, known) == near

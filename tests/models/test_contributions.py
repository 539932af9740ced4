"""Contributions: how a remainder is spread, and what each method must agree with. The contract covers every trainer besides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost

from trainer.errors import UsageError
from trainer.models import Contributions, EnsembleTrainer, LightGBMTrainer, LogisticTrainer, NeuralNetTrainer, XGBoostTrainer
from trainer.models.boosting import tree_shap
from trainer.models.contributions import LOG_ODDS, SAMPLED_ROWS, sampled_contributions
from trainer.testing.tables import make_table, with_gaps


def trained(trainer: Any, table: Any) -> Any:
    trainer.train(table.X, table.y, table.weight)
    return trainer


def test_a_remainder_is_spread_in_proportion_and_stated() -> None:
    values = np.array([[1.0, -3.0], [0.0, 0.0]])
    found = Contributions.of(values, 0.5, np.array([-1.1, 0.7]), LOG_ODDS, "by hand")
    assert found.error == pytest.approx(0.4)
    assert found.values == pytest.approx(np.array([[1.1, -2.7], [0.1, 0.1]]))
    assert values.tolist() == [[1.0, -3.0], [0.0, 0.0]]


def test_sampling_agrees_with_an_exact_method_where_features_add_up() -> None:
    """The log-odds of a logistic regression are a sum over columns: every order of them gives the same contributions."""
    table = with_gaps(make_table())
    trainer = trained(LogisticTrainer(), table)
    background = table.X.iloc[[7]]
    exact, sampled = (
        method(table.X.head(20), background)
        for method in (trainer.contributions, lambda X, rows: sampled_contributions(trainer, X, rows))
    )
    assert sampled.values == pytest.approx(exact.values, abs=1e-9)
    assert (sampled.base, sampled.error) == (pytest.approx(exact.base), pytest.approx(0, abs=1e-9))


def test_sampling_refuses_more_rows_than_it_can_do() -> None:
    table = make_table(n=SAMPLED_ROWS + 1)
    with pytest.raises(UsageError, match=r"--top.*add the method"):
        sampled_contributions(LogisticTrainer(), table.X, table.X)


@pytest.mark.parametrize(
    ("kind", "parameters", "error"),
    [
        (LightGBMTrainer, {}, 1e-9),
        (LightGBMTrainer, {"sigmoid": 2.0}, 1e-9),
        (LightGBMTrainer, {"boosting": "rf"}, 1e-9),
        (LightGBMTrainer, {"boosting": "dart"}, 1e-9),
        (XGBoostTrainer, {}, 1e-5),
    ],
)
def test_trees_are_exact(kind: Any, parameters: dict[str, Any], error: float) -> None:
    """Also on values beyond those of training; the sum is compared with the margin, not with itself."""
    table = with_gaps(make_table())
    trainer = trained(
        kind({"n_estimators": 20, "bagging_fraction": 0.8} | parameters if kind is LightGBMTrainer else {"n_estimators": 20}),
        table,
    )
    for frame in (table.X, table.X * np.float32(1e30), table.X * np.float32(np.inf)):
        found = trainer.contributions(frame, table.X)
        assert found.error < error
        odds = np.log(np.clip(trainer.predict(frame), 1e-300, 1)) - np.log1p(-np.clip(trainer.predict(frame), 0, 1 - 1e-16))
        assert found.raw == pytest.approx(odds, abs=1e-3)


@pytest.mark.parametrize(
    "parameters", [{}, {"zero_as_missing": True}, {"use_missing": False}, {"num_leaves": 200, "min_data_in_leaf": 1}]
)
@pytest.mark.parametrize("coded", [tree_shap.CODED, 2])
def test_lightgbm_computes_the_same_values(parameters: dict[str, Any], coded: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing values of each kind, and ways with more features than a table or a whole number takes."""
    monkeypatch.setattr(tree_shap, "CODED", coded)
    monkeypatch.setattr(tree_shap, "TABLE", min(coded, tree_shap.TABLE))
    table = with_gaps(make_table(n=600, d=16))
    table = table.with_(X=table.X.where(table.X > -1, 0).astype(np.float32))
    trainer = trained(LightGBMTrainer({"n_estimators": 10} | parameters), table)
    rows = table.X.to_numpy()
    expected = trainer.model.predict(rows, pred_contrib=True)
    found = trainer.contributions(table.X, table.X)
    assert found.values == pytest.approx(expected[:, :-1], abs=1e-9)
    assert found.base == pytest.approx(expected[0, -1], abs=1e-9)


@pytest.mark.parametrize("parameters", [{}, {"max_depth": 14, "min_child_weight": 0}, {"gamma": 2.0}, {"num_parallel_tree": 3}])
def test_xgboost_computes_the_same_values(parameters: dict[str, Any]) -> None:
    """Also where pruning has removed nodes; XGBoost computes in single precision."""
    table = with_gaps(make_table(n=600, d=16))
    trainer = trained(XGBoostTrainer({"n_estimators": 10} | parameters), table)
    expected = trainer.model.predict(xgboost.DMatrix(table.X.to_numpy()), pred_contribs=True)
    found = trainer.contributions(table.X, table.X)
    assert found.values == pytest.approx(expected[:, :-1], abs=2e-5)
    assert found.base == pytest.approx(expected[0, -1], abs=1e-6)


def test_an_ensemble_is_the_weighted_sum_of_its_members() -> None:
    table = make_table()
    few = {"n_estimators": 10}
    ensemble = trained(EnsembleTrainer(["lightgbm", "logistic"], "stacking", 2, {"lightgbm": few}), table)
    found = ensemble.contributions(table.X, table.X)
    members = [model.trainer.contributions(table.X, table.X) for model in ensemble.fitted]
    weights = np.repeat(ensemble.weights, 2) / 2 * ensemble.scale
    assert found.values == pytest.approx(sum(w * one.values for w, one in zip(weights, members, strict=True)), abs=1e-6)
    assert found.base == pytest.approx(ensemble.intercept + sum(w * one.base for w, one in zip(weights, members, strict=True)))


def test_a_networks_missing_value_is_its_columns_and_the_error_is_small() -> None:
    table = with_gaps(make_table(n=400, d=4))
    trainer = trained(NeuralNetTrainer(epochs=20), table)
    found = trainer.contributions(table.X.head(50), table.X)
    assert found.error < 0.1 * np.abs(found.raw - found.base).max()
    assert np.abs(found.values[:, 3]).max() == 0, "a column without any value has no effect"
    assert np.argmax(np.abs(found.values).mean(axis=0)) == 0


def test_no_rows_have_no_contributions() -> None:
    table = make_table()
    for trainer in (LogisticTrainer(), LightGBMTrainer({"n_estimators": 3}), XGBoostTrainer({"n_estimators": 3})):
        found = trained(trainer, table).contributions(pd.DataFrame(table.X.iloc[:0]), table.X)
        assert found.values.shape == (0, 6) and found.error == 0

"""Every registered trainer passes the contract; trainers that break it fail it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trainer import models
from trainer.models.base import ModelTrainer
from trainer.models.baselines.logistic import LogisticTrainer
from trainer.models.boosting.xgboost import XGBoostTrainer
from trainer.testing import TrainerContract
from trainer.testing.tables import make_table

pytestmark = pytest.mark.slow

# Parameters for trainers whose defaults are for larger tables than the contract's.
FEW_TREES = {"n_estimators": 15}
PARAMETERS: dict[str, dict[str, Any]] = {
    "ensemble": {
        "members": ["xgboost", "lightgbm", "logistic"],
        "folds": 3,
        "parameters": {"xgboost": FEW_TREES, "lightgbm": FEW_TREES},
    }
}


def held_to_the_contract(name: str, **parameters: Any) -> type[TrainerContract]:
    class Held(TrainerContract):
        learns = name != "constant"

        def make(self, seed: int = 0) -> ModelTrainer:
            return models.build(models.trainer_class(name), PARAMETERS.get(name, {}) | parameters, seed)

    return Held


for _name in models.names():
    globals()[f"Test_{_name}"] = held_to_the_contract(_name)
Test_xgboost_guide = held_to_the_contract("xgboost", preset="guide")
Test_lightgbm_guide = held_to_the_contract("lightgbm", preset="guide")
Test_ensemble_stacking = held_to_the_contract("ensemble", method="stacking")


def test_every_built_in_trainer_is_tested() -> None:
    assert {"constant", "ensemble", "lightgbm", "logistic", "single_feature", "xgboost"} <= set(models.names())
    assert {f"Test_{name}" for name in models.names()} <= set(globals())


class IgnoresWeights(LogisticTrainer):
    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        return super().train(X, y)


class IgnoresBenignWeights(LogisticTrainer):
    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        return super().train(
            X, y, None if sample_weights is None else sample_weights.where((y > 0.5) | (sample_weights == 0), 1.0)
        )


class StartsWarm(LogisticTrainer):
    """Starts from the last fit if that has the same shape."""

    last: dict[str, Any] | None = None

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        super().train(X, y, sample_weights)
        assert self.fitted is not None
        if self.last is not None and self.last["of_value"].shape == self.fitted["of_value"].shape:
            self.fitted["of_value"] = (self.fitted["of_value"] + self.last["of_value"]) / 2
        self.last = dict(self.fitted)
        return self


class RemembersTheLastFit(LogisticTrainer):
    last: dict[str, Any] | None = None

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        super().train(X, y, sample_weights)
        assert self.fitted is not None
        if self.last is not None:
            self.fitted["intercept"] = (self.fitted["intercept"] + self.last["intercept"]) / 2
        self.last = dict(self.fitted)
        return self


class RoundsLabels(LogisticTrainer):
    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        return super().train(X, (y >= 0.5).astype(np.float32), sample_weights)


class CountsZeroWeights(LogisticTrainer):
    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        return super().train(X, y, None if sample_weights is None else sample_weights + 0.5)


class DrawsItsOwnSeed(XGBoostTrainer):
    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None, groups: Any = None) -> Any:
        self.seed = int(np.random.default_rng().integers(1 << 30))
        return super().train(X, y, sample_weights, groups)


class SavesHalf(LogisticTrainer):
    def load(self, path: str) -> None:
        super().load(path)
        assert self.fitted is not None
        self.fitted["of_value"] = self.fitted["of_value"].astype(np.float32).astype(np.float64)


class SortsItsRows(LogisticTrainer):
    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.sort(super().predict(X))


class TrainsOnAnything(LogisticTrainer):
    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        if np.ptp(np.asarray(y)) == 0:
            self.fitted = {}
            return self
        return super().train(X, y, sample_weights)


class PredictsNaN(LogisticTrainer):
    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), np.nan)


BREACHES: list[tuple[type[ModelTrainer], str]] = [
    (IgnoresWeights, "test_weights_matter"),
    (IgnoresBenignWeights, "test_weights_matter"),
    (StartsWarm, "test_a_second_fit_forgets_the_first"),
    (RemembersTheLastFit, "test_a_second_fit_forgets_the_first"),
    (RoundsLabels, "test_soft_labels_are_not_rounded"),
    (CountsZeroWeights, "test_rows_of_zero_weight_do_not_matter"),
    (DrawsItsOwnSeed, "test_one_seed_one_model"),
    (SavesHalf, "test_a_new_process_predicts_the_same_to_the_last_bit"),
    (SortsItsRows, "test_predicting_changes_nothing"),
    (TrainsOnAnything, "test_one_class_is_a_clear_error"),
    (PredictsNaN, "test_a_batch_of_one"),
]


@pytest.mark.parametrize(("kind", "test"), BREACHES)
def test_a_trainer_that_breaks_the_contract_fails_it(kind: type[ModelTrainer], test: str, tmp_path: Path) -> None:
    class Held(TrainerContract):
        def make(self, seed: int = 0) -> ModelTrainer:
            return kind()

    check = getattr(Held(), test)
    with pytest.raises(AssertionError):
        check(tmp_path) if "new_process" in test else check()


def test_every_breach_is_of_a_test_that_exists() -> None:
    """Each breach is of a test that exists, and the trainers that break one still learn."""
    assert {test for _, test in BREACHES} <= set(dir(TrainerContract))
    table = make_table()
    IgnoresWeights().train(table.X, table.y)

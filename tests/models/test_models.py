"""The base class of trainers, names, and the exports of the room."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.support.trainers import GuideTrainer
from trainer import models
from trainer.data.dataset import Dataset
from trainer.errors import ArtifactError, UsageError
from trainer.models import name_of
from trainer.models.base import ModelTrainer
from trainer.models.boosting.xgboost import XGBoostTrainer
from trainer.models.fitting import fit_trainer


def test_options_are_the_constructors_arguments() -> None:
    assert GuideTrainer(rate=2.0).options() == {"rate": 2.0, "hidden_layers": [8, 4]}
    assert XGBoostTrainer({"max_depth": 2}, seed=3).options() == {
        "hyperparameters": {"max_depth": 2},
        "seed": 3,
        "preset": "default",
    }
    assert GuideTrainer(**GuideTrainer(rate=2.0).options()).options() == GuideTrainer(rate=2.0).options()


def test_a_class_without_a_constructor_has_no_options() -> None:
    class Plain(GuideTrainer):
        def __init__(self) -> None:
            self.weights = None

    assert Plain().options() == {}


def test_a_trainer_without_an_entry_point_is_named_by_its_class() -> None:
    class Derived(XGBoostTrainer):
        pass

    assert name_of(GuideTrainer) == f"{GuideTrainer.__module__}:GuideTrainer"
    assert name_of(XGBoostTrainer) == "xgboost"
    assert name_of(Derived).endswith("Derived")


def test_a_trainer_that_lacks_a_method_cannot_be_built() -> None:
    class Half(ModelTrainer):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]


def test_missing_values_reach_only_trainers_that_accept_them(table: Dataset) -> None:
    assert np.isnan(table.X).any()
    guide, medians = fit_trainer(GuideTrainer(), table.frame(), table.y, table.weight)
    assert medians is not None and medians.shape == (4,) and guide.weights  # type: ignore[attr-defined]
    assert fit_trainer(XGBoostTrainer({"n_estimators": 2}), table.frame(), table.y, table.weight)[1] is None


def test_the_template_itself_is_not_trained(table: Dataset) -> None:
    template = GuideTrainer()
    fit_trainer(template, table.frame(), table.y, table.weight)
    assert template.weights is None


def test_the_base_class_evaluates_with_the_projects_metrics(table: Dataset) -> None:
    trained, _ = fit_trainer(GuideTrainer(), table.frame(), table.y, table.weight)
    filled = table.frame().fillna(0.0)
    assert set(trained.evaluate(filled, table.y)) == {"auc", "average_precision", "brier", "log_loss"}
    assert trained.evaluate(filled, table.y)["auc"] > 0.8


def test_one_seed_one_xgboost(table: Dataset) -> None:
    def scores(seed: int) -> bytes:
        trained, _ = fit_trainer(XGBoostTrainer({"n_estimators": 10}, seed=seed), table.frame(), table.y, table.weight)
        return trained.predict(table.frame()).tobytes()

    assert scores(1) == scores(1) != scores(2)


def test_weights_reach_xgboost(table: Dataset) -> None:
    def scores(weight: np.ndarray) -> bytes:
        return (
            fit_trainer(XGBoostTrainer({"n_estimators": 5}), table.frame(), table.y, weight)[0].predict(table.frame()).tobytes()
        )

    assert scores(table.weight) != scores(np.where(table.y > 0, 5, 1).astype(np.float32))


def test_a_hyperparameter_xgboost_refuses_is_a_usage_error(table: Dataset) -> None:
    with pytest.raises(UsageError, match="XGBoost"):
        fit_trainer(XGBoostTrainer({"max_depth": "deep"}), table.frame(), table.y, table.weight)


def test_an_untrained_model_neither_predicts_nor_saves(table: Dataset) -> None:
    with pytest.raises(ValueError, match="not trained"):
        XGBoostTrainer().predict(table.frame())
    with pytest.raises(ValueError, match="no model"):
        XGBoostTrainer().save("x")


@pytest.mark.parametrize("raw", [b"", b"\x00" * 100, b"{}", b"{L\x00"])
def test_a_file_that_is_not_a_model_is_an_artifact_error(tmp_path, raw: bytes) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "m.ubj").write_bytes(raw)
    with pytest.raises(ArtifactError, match=r"m\.ubj"):
        XGBoostTrainer().load(str(tmp_path / "m.ubj"))


def test_an_unknown_model_lists_the_known() -> None:
    with pytest.raises(UsageError, match="'nope'.*xgboost"):
        models.trainer_class("nope")
    assert models.trainer_class("xgboost") is XGBoostTrainer


@pytest.mark.parametrize("name", models.__all__)
def test_every_exported_name_exists_and_is_documented(name: str) -> None:
    exported = getattr(models, name)
    assert isinstance(exported, str) or (exported.__doc__ and exported.__name__ == name)


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such"):
        models.no_such  # noqa: B018


def test_importing_the_room_imports_no_library() -> None:
    program = "import sys, trainer.models; print(sorted({'numpy', 'pandas', 'torch', 'xgboost', 'lightgbm', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

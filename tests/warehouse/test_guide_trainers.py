"""Trainers written after the miner's guide, run, saved by their own `save`, reloaded; only their import lines are changed."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.warehouse import DATES, ROOT, WINDOW, House
from trainer import ModelTrainer, ModelTraining, predict
from trainer.data.dataset import read_scoring
from trainer.data.selection import Selection
from trainer.registry import artifact

GUIDE = ROOT.parent / "shared" / "guide" / "miner_customization_guide.md"
LAST = Selection("simnet", DATES[1], DATES[1], WINDOW)


class FewTrees(ModelTrainer):
    """LightGBM as the guide uses it: its own parameters in the constructor, its own file in `save` and `load`."""

    def __init__(self, hyperparameters: dict[str, Any] | None = None) -> None:
        self.hyperparameters = hyperparameters or {"objective": "binary", "num_leaves": 7, "verbose": -1}
        self.model: Any = None

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        import lightgbm as lgb

        self.model = lgb.train(self.hyperparameters, lgb.Dataset(X, label=y, weight=sample_weights), num_boost_round=20)
        return self.model

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.model.predict(X))

    def save(self, path: str) -> None:
        self.model.save_model(path)

    def load(self, path: str) -> None:
        import lightgbm as lgb

        self.model = lgb.Booster(model_file=path)


def runs_end_to_end(client: Any, kind: type[ModelTrainer]) -> None:
    training = ModelTraining("simnet", *DATES, client, window_days=WINDOW, model_trainer=kind())
    result = training.run()
    assert result.metrics["auc"]["value"] > 0.6
    loaded = artifact.load(Path(result.artifact), kind)
    data = read_scoring(client, "alert_scorer", LAST, loaded.features)
    again = artifact.load(Path(result.artifact), kind)
    assert loaded.predict(data.frame()).tobytes() == again.predict(data.frame()).tobytes()
    scored = predict(client, "simnet", DATES[1], WINDOW, result.model_id, model_trainer=kind)
    assert scored.rows == len(data.X) and scored.score_min < scored.score_max


def test_a_trainer_shaped_like_the_guides_runs_and_reloads(client: Any, house: House) -> None:
    runs_end_to_end(client, FewTrees)


@pytest.mark.shared
@pytest.mark.skipif(not GUIDE.is_file(), reason="the miner's guide is not beside the repository")
def test_the_guides_lightgbm_trainer_runs_with_its_import_line_changed(client: Any, house: House, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    source = next(block for block in blocks if "class LightGBMTrainer(ModelTrainer)" in block)
    line = "from packages.training.strategies import ModelTrainer"
    assert source.count(line) == 1
    (tmp_path / "guide_lightgbm.py").write_text(source.replace(line, "from trainer import ModelTrainer"))
    spec = importlib.util.spec_from_file_location("guide_lightgbm", tmp_path / "guide_lightgbm.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules["guide_lightgbm"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    runs_end_to_end(client, module.LightGBMTrainer)


def test_every_built_in_trains_and_scores_by_its_name(client: Any, house: House) -> None:
    """What the baselines reach is what the learners beat, on addresses that neither has seen."""
    from trainer.models import build, trainer_class

    few: dict[str, Any] = {"xgboost": {"n_estimators": 60}, "lightgbm": {"n_estimators": 60}}
    parameters = few | {"ensemble": {"members": ["xgboost", "lightgbm"], "folds": 2, "parameters": few}}
    auc: dict[str, float] = {}
    for name in ("constant", "single_feature", "logistic", "xgboost", "lightgbm", "ensemble"):
        trainer = build(trainer_class(name), parameters.get(name, {}))
        result = ModelTraining("simnet", *DATES, client, window_days=WINDOW, model_trainer=trainer, folds=3).run()
        assert result.model == name
        assert predict(client, "simnet", DATES[1], WINDOW, result.model_id).rows == 2000
        auc[name] = result.metrics["auc"]["value"]
    assert auc["constant"] == pytest.approx(0.5, abs=0.05)  # each fold has its own constant
    assert min(auc[name] for name in ("xgboost", "lightgbm", "ensemble")) > max(auc["single_feature"], 0.5)

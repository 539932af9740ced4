"""Models that an earlier version saved load, and predict what they predicted then.

The folders in `saved_before` were written by the version of commit 8044316, in which all modules lay side by side in `trainer/`
(`trainer.artifact`, `trainer.training`): each trainer was fitted to 120 simulated rows of three features with
`training.fit_trainer` and saved with `artifact.save`; `expected.json` has 12 of the rows and what `artifact.load(folder).predict`
returned for them, in hexadecimal.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trainer.data import Feature
from trainer.models.boosting.xgboost import XGBoostTrainer
from trainer.models.neural_net.trainer import NeuralNetTrainer
from trainer.models.rankers import XGBoostRanker
from trainer.registry import artifact

SAVED = Path(__file__).parent / "saved_before"
EXPECTED = json.loads((SAVED / "expected.json").read_text(encoding="utf-8"))
ROWS = np.array(EXPECTED["rows"], dtype=np.float32)


def predicted(name: str) -> tuple[np.ndarray, np.ndarray]:
    loaded = artifact.load(SAVED / name)
    expected = np.array([float.fromhex(value) for value in EXPECTED["predictions"][name]])
    return loaded.predict(pd.DataFrame(ROWS, columns=[feature.name for feature in loaded.features])), expected


@pytest.mark.parametrize(
    ("name", "kind", "model_type"),
    [
        ("xgboost", XGBoostTrainer, "alert_scorer"),
        ("xgboost_ranker", XGBoostRanker, "alert_ranker"),
        ("neural_net", NeuralNetTrainer, "cluster_scorer"),
    ],
)
def test_an_earlier_model_loads_with_its_features(name: str, kind: type, model_type: str) -> None:
    loaded = artifact.load(SAVED / name)
    assert type(loaded.trainer) is kind and loaded.meta.model_type == model_type
    assert loaded.features == [
        Feature("degree_in", "degree_in"),
        Feature("extra__my_ratio", "extra_features", "my_ratio"),
        Feature("alert_tag__mixer", "alert_tags", "mixer", is_set=True),
    ]


@pytest.mark.parametrize("name", ["xgboost", "xgboost_ranker"])
def test_earlier_trees_predict_the_same_to_the_last_bit(name: str) -> None:
    found, expected = predicted(name)
    assert found.tobytes() == expected.tobytes()


def test_an_earlier_network_predicts_the_same() -> None:
    found, expected = predicted("neural_net")
    # The kernels that torch chooses for a CPU round differently in the last bits of a float32.
    np.testing.assert_allclose(found, expected, rtol=1e-6)

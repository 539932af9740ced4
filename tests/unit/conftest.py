"""What the unit tests share: small arrays and a trainer written after the miner's guide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings

from trainer.dataset import Dataset, Feature
from trainer.models.base import ModelTrainer

settings.register_profile("unit", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")

ENVIRONMENT = (
    "DBT_PROFILES_DIR",
    "DBT_PROJECT_DIR",
    "TRAINER_WAREHOUSE",
    "TRAINER_ARTIFACTS",
    "TRAINER_TARGET",
    "TRAINER_DATABASE",
)


class GuideTrainer(ModelTrainer):
    """Written as the guide shows: no registered name, no claim to accept missing values, saves through its own `save`."""

    suffix = ".json"

    def __init__(self, rate: float = 0.5, hidden_layers: list[int] | None = None) -> None:
        self.rate = rate
        self.hidden_layers = hidden_layers or [8, 4]
        self.weights: list[float] | None = None
        self.saw_missing = False

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        values = X.to_numpy(dtype=np.float64)
        if np.isnan(values).any():
            raise AssertionError("a trainer that does not accept missing values was given some")
        risky = np.asarray(y) >= 0.5
        self.weights = [float(value) for value in values[risky].mean(axis=0) - values[~risky].mean(axis=0)]
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        if self.weights is None:
            raise ValueError("Model not trained")
        values = X.to_numpy(dtype=np.float64)
        if np.isnan(values).any():
            raise AssertionError("missing values in predict")
        score = np.clip(values @ np.asarray(self.weights), -30, 30)
        return 1 / (1 + np.exp(-score * self.rate))

    def save(self, path: str) -> None:
        Path(path).write_text(json.dumps({"own_save": True, "weights": self.weights}))

    def load(self, path: str) -> None:
        self.weights = json.loads(Path(path).read_text())["weights"]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def table() -> Dataset:
    """200 rows of 100 addresses on two dates, four columns of which the first tells the label and one has gaps."""
    rng = np.random.default_rng(3)
    y = (np.arange(200) % 4 == 0).astype(np.float32)
    X = rng.normal(size=(200, 4)).astype(np.float32)
    X[:, 0] += 2 * y
    X[rng.random(200) < 0.3, 2] = np.nan
    keys = pa.table(
        {
            "processing_date": pa.array(np.repeat(np.array(["2025-08-01", "2025-09-01"], dtype="datetime64[D]"), 100)),
            "alert_id": [f"a{i:03}" for i in range(200)],
            "address": [f"0x{i % 100:040x}" for i in range(200)],
        }
    )
    features = [Feature(f"f{i}", f"f{i}") for i in range(4)]
    return Dataset(np.asfortranarray(X), y, np.full(200, 0.9, np.float32), keys, features)

"""User-written trainers for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trainer.models.base import ModelTrainer


class GuideTrainer(ModelTrainer):
    """A trainer as in the guide: no registered name, does not accept missing values, saved through its own `save`."""

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

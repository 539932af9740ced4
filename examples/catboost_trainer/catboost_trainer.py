"""CatBoost for trainer: `trainer fit --model catboost` once this package is installed."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from catboost import CatBoost, CatBoostError, Pool

from trainer.errors import ArtifactError
from trainer.models import ModelTrainer, matrix_of, training_rows


class CatBoostTrainer(ModelTrainer):
    """Symmetric boosted trees on the cross-entropy loss, which takes soft labels.

    Args:
        iterations: number of trees.
        depth: of each tree.
        learning_rate: step size of each tree.
        seed: one seed, one model.
    """

    suffix: ClassVar[str] = ".cbm"
    accepts_missing: ClassVar[bool] = True
    search_space: ClassVar[dict[str, dict[str, Any]]] = {
        "depth": {"type": "int", "low": 3, "high": 8},
        "learning_rate": {"type": "float", "low": 0.01, "high": 0.2, "log": True},
    }

    def __init__(self, iterations: int = 300, depth: int = 6, learning_rate: float = 0.05, seed: int = 0) -> None:
        self.iterations, self.depth, self.learning_rate, self.seed = iterations, depth, learning_rate, seed
        self.model: CatBoost | None = None

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        """Fit; see `ModelTrainer.train`."""
        self.model = self.n_features = None
        rows = training_rows(X, y, sample_weights)
        parameters = {
            "loss_function": "CrossEntropy", "iterations": self.iterations, "depth": self.depth,
            "learning_rate": self.learning_rate, "random_seed": self.seed, "thread_count": 1,
            "logging_level": "Silent", "allow_writing_files": False,
        }  # fmt: skip
        self.model = CatBoost(parameters).fit(Pool(rows.X, rows.y, weight=rows.weight))
        self.n_features = rows.X.shape[1]
        return self.model

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky), (n,)."""
        if self.model is None:
            raise ValueError("The model is not trained.")
        raw = np.asarray(self.model.predict(matrix_of(X), prediction_type="RawFormulaVal"), dtype=np.float64)
        return 1 / (1 + np.exp(-raw))

    def save(self, path: str) -> None:
        """Write the trees in CatBoost's binary format: its JSON rounds the values of leaves."""
        if self.model is None:
            raise ValueError("There is no model to save.")
        self.model.save_model(path, format="cbm")

    def load(self, path: str) -> None:
        """Read trees in CatBoost's binary format.

        Raises:
            ArtifactError: CatBoost cannot read the file.
        """
        model = CatBoost()
        try:
            model.load_model(path, format="cbm")
        except CatBoostError as error:
            raise ArtifactError(f"{path} is not a model that CatBoost can read: {error}") from error
        self.model, self.n_features = model, len(model.feature_names_)

"""The weakest baseline: every row has the average risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from trainer.errors import ArtifactError
from trainer.models.base import ModelTrainer
from trainer.models.files.numbers import read_numbers, write_numbers
from trainer.models.rows import training_rows

if TYPE_CHECKING:
    import pandas as pd


class ConstantTrainer(ModelTrainer):
    """Predicts the weighted share of risky rows for every row."""

    suffix: ClassVar[str] = ".json"
    accepts_missing: ClassVar[bool] = True

    def __init__(self) -> None:
        self.share: float | None = None

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        """Compute the weighted mean of y; see `ModelTrainer.train`."""
        self.share = self.n_features = None
        rows = training_rows(X, y, sample_weights)
        self.share = float(np.average(rows.y.astype(np.float64), weights=rows.weights))
        self.n_features = rows.X.shape[1]
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the share of risky rows, (n,)."""
        if self.share is None:
            raise ValueError("The model is not trained: call train or load first.")
        return np.full(len(X), self.share)

    def save(self, path: str) -> None:
        """Write the share as JSON."""
        if self.share is None:
            raise ValueError("There is no model to save: call train first.")
        write_numbers(path, {"share": self.share, "features": self.n_features})

    def load(self, path: str) -> None:
        """Read the share.

        Raises:
            ArtifactError: the file holds no probability.
        """
        stored = read_numbers(path, {"share": (), "features": ()})
        if not 0 <= stored["share"] <= 1:
            raise ArtifactError(f"{path} does not hold a probability.")
        self.share, self.n_features = float(stored["share"]), int(stored["features"])

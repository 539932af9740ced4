"""The weakest baseline: every row has the average risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from trainer.errors import ArtifactError
from trainer.models.base import ModelTrainer
from trainer.models.baselines.linear import log_odds
from trainer.models.contributions import LOG_ODDS, Contributions
from trainer.models.files.numbers import read_numbers, write_numbers
from trainer.models.rows import training_rows

if TYPE_CHECKING:
    import pandas as pd


class ConstantTrainer(ModelTrainer):
    """Predicts the weighted share of risky rows for every row."""

    suffix: ClassVar[str] = ".json"
    accepts_missing: ClassVar[bool] = True
    is_baseline: ClassVar[bool] = True

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

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:  # noqa: ARG002  no row matters
        """Return contributions of 0: no column changes the prediction."""
        odds = log_odds(self.predict(X))
        base = float(log_odds(np.array([self.share]))[0])
        return Contributions.of(np.zeros(X.shape), base, odds, LOG_ODDS, "Every row has the same score: no column contributes.")

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

"""The baseline that a learner must beat: logistic regression on normal scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from trainer.errors import ArtifactError, UsageError
from trainer.models.base import ModelTrainer
from trainer.models.baselines.linear import fit_logistic, sigmoid
from trainer.models.contributions import LOG_ODDS, Contributions
from trainer.models.files.numbers import read_numbers, write_numbers
from trainer.models.quantiles import normal_scores, quantile_knots
from trainer.models.rows import matrix_of, training_rows

if TYPE_CHECKING:
    import pandas as pd


class LogisticTrainer(ModelTrainer):
    """Logistic regression on each column's normal scores and on whether it is missing.

    Args:
        strength: inverse of the ridge penalty; the smaller, the closer the coefficients are to 0.
    """

    suffix: ClassVar[str] = ".json"
    accepts_missing: ClassVar[bool] = True
    search_space: ClassVar[dict[str, dict[str, Any]]] = {"strength": {"type": "float", "low": 0.0001, "high": 10.0, "log": True}}

    def __init__(self, strength: float = 0.1) -> None:
        if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 < strength < float("inf"):
            raise UsageError(f"strength must be a number above 0, not {strength!r}.")
        self.strength = strength
        self.fitted: dict[str, np.ndarray] | None = None

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        """Fit; see `ModelTrainer.train`."""
        self.fitted = self.n_features = None
        rows = training_rows(X, y, sample_weights)
        knots = quantile_knots(rows.X)
        coefficients, intercept = fit_logistic(_inputs(rows.X, knots), rows.y, rows.weights, self.strength)
        d = rows.X.shape[1]
        self.n_features = d
        self.fitted = {
            "knots": knots,
            "of_value": coefficients[:d],
            "of_missing": coefficients[d:],
            "intercept": np.array(intercept),
        }
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky), (n,)."""
        terms, intercept = self._terms(X)
        return sigmoid(terms.sum(axis=1) + intercept)

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:
        """Return, for each column, its terms less their mean over the background; see `ModelTrainer.contributions`."""
        terms, intercept = self._terms(X)
        mean = self._terms(background)[0].mean(axis=0)
        base, raw = intercept + float(mean.sum()), terms.sum(axis=1) + intercept
        method = "Exact: coefficient × (value - its mean over the snapshot), on the scale that the regression reads."
        return Contributions.of(terms - mean, base, raw, LOG_ODDS, method)

    def _terms(self, X: pd.DataFrame) -> tuple[np.ndarray, float]:
        """Return what each column of X adds to the log-odds, float64 (n, d), and the intercept."""
        if self.fitted is None:
            raise ValueError("The model is not trained: call train or load first.")
        matrix, fitted = matrix_of(X), self.fitted
        values = normal_scores(matrix, fitted["knots"]) * fitted["of_value"]
        return values + np.isnan(matrix) * fitted["of_missing"], float(fitted["intercept"])

    def save(self, path: str) -> None:
        """Write knots and coefficients as JSON."""
        if self.fitted is None:
            raise ValueError("There is no model to save: call train first.")
        write_numbers(path, self.fitted)

    def load(self, path: str) -> None:
        """Read knots and coefficients.

        Raises:
            ArtifactError: the file does not hold such arrays.
        """
        stored = read_numbers(path, {"knots": ("k", "d"), "of_value": ("d",), "of_missing": ("d",), "intercept": ()})
        if len(stored["knots"]) < 2 or (np.diff(stored["knots"], axis=0) < 0).any():
            raise ArtifactError(f"knots in {path} do not ascend.")
        self.fitted, self.n_features = stored, stored["knots"].shape[1]


def _inputs(X: np.ndarray, knots: np.ndarray) -> np.ndarray:
    return np.concatenate([normal_scores(X, knots), np.isnan(X).astype(np.float64)], axis=1)

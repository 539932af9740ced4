"""The baseline without a learner: the one column that ranks best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from trainer.errors import ArtifactError
from trainer.models.base import ModelTrainer
from trainer.models.baselines.linear import fit_logistic, log_odds, sigmoid
from trainer.models.contributions import LOG_ODDS, Contributions
from trainer.models.files.numbers import read_numbers, write_numbers
from trainer.models.quantiles import quantile_knots, quantile_ranks
from trainer.models.rows import matrix_of, training_rows

if TYPE_CHECKING:
    import pandas as pd

SHAPES: dict[str, tuple[int | str, ...]] = {
    "column": (), "features": (), "knots": ("k", 1), "slope": (), "intercept": (), "of_missing": ()
}  # fmt: skip


class SingleFeatureTrainer(ModelTrainer):
    """The column with the best weighted AUC on the training rows; a logistic curve turns its rank into a probability.

    The curve is monotone, so that unseen rows are ranked as the column ranks them. Rows where the column is missing get the
    share of risky rows among those in training, shrunk towards the overall share by one pseudo-row.
    """

    suffix: ClassVar[str] = ".json"
    accepts_missing: ClassVar[bool] = True
    is_baseline: ClassVar[bool] = True

    def __init__(self) -> None:
        self.fitted: dict[str, np.ndarray] | None = None

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        """Choose the column and fit its curve; see `ModelTrainer.train`."""
        self.fitted = self.n_features = None
        rows = training_rows(X, y, sample_weights)
        y64, weight = rows.y.astype(np.float64), rows.weights
        knots = quantile_knots(rows.X)
        ranks = quantile_ranks(rows.X, knots)
        separation = [abs(weighted_auc(ranks[:, column], y64, weight) - 0.5) for column in range(rows.X.shape[1])]
        best = int(np.argmax(separation))
        missing = np.isnan(rows.X[:, best])
        overall = float(np.average(y64, weights=weight))
        present = ~missing if np.ptp(y64[~missing]) > 0 else np.ones_like(missing)
        slopes, intercept = fit_logistic(ranks[present][:, [best]] - 0.5, y64[present], weight[present])
        share = (float((weight * y64)[missing].sum()) + overall) / (float(weight[missing].sum()) + 1)
        self.n_features = rows.X.shape[1]
        self.fitted = {
            "column": np.array(best), "features": np.array(self.n_features), "knots": knots[:, [best]],
            "slope": slopes[0], "intercept": np.array(intercept), "of_missing": np.array(share),
        }  # fmt: skip
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky), (n,)."""
        odds, is_missing, fitted = self._curve(X)
        return np.where(is_missing, fitted["of_missing"], sigmoid(odds))

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:
        """Return the log-odds less their mean over the background, as the contribution of the one column."""

        def raw_of(frame: pd.DataFrame) -> np.ndarray:
            odds, is_missing, fitted = self._curve(frame)
            return np.where(is_missing, log_odds(fitted["of_missing"]), odds)

        raw, base = raw_of(X), float(raw_of(background).mean())
        values = np.zeros(X.shape)
        if self.fitted is not None:
            values[:, int(self.fitted["column"])] = raw - base
        return Contributions.of(values, base, raw, LOG_ODDS, "Exact: only one column has an effect on the score.")

    def _curve(self, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Return the log-odds (n,) of the curve, where the column is missing (n,), and the fitted numbers."""
        if self.fitted is None:
            raise ValueError("The model is not trained: call train or load first.")
        values = matrix_of(X)[:, [int(self.fitted["column"])]]
        centred = quantile_ranks(values, self.fitted["knots"])[:, 0] - 0.5
        return centred * self.fitted["slope"] + self.fitted["intercept"], np.isnan(values[:, 0]), self.fitted

    def save(self, path: str) -> None:
        """Write the column and its curve as JSON."""
        if self.fitted is None:
            raise ValueError("There is no model to save: call train first.")
        write_numbers(path, {name: np.asarray(value) for name, value in self.fitted.items()})

    def load(self, path: str) -> None:
        """Read the column and its curve.

        Raises:
            ArtifactError: the file does not hold such numbers.
        """
        stored = read_numbers(path, SHAPES)
        column, features, share = float(stored["column"]), float(stored["features"]), float(stored["of_missing"])
        if not (column.is_integer() and 0 <= column < features and 0 <= share <= 1):
            raise ArtifactError(f"{path} has a column that is out of range, or a share that is not in [0, 1].")
        if len(stored["knots"]) < 2 or (np.diff(stored["knots"], axis=0) < 0).any():
            raise ArtifactError(f"knots in {path} do not ascend.")
        self.fitted, self.n_features = stored, int(features)


def weighted_auc(score: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Return the weighted AUC: P(score of a risky row > score of a benign row) + ½ P(equal).

    Args:
        score: (n,) finite.
        y: (n,) in [0, 1]; a soft label counts as risky by y and as benign by 1 - y.
        weight: (n,), not negative.
    """
    levels, position = np.unique(score, return_inverse=True)
    risky = np.bincount(position, weights=weight * y, minlength=len(levels))
    benign = np.bincount(position, weights=weight * (1 - y), minlength=len(levels))
    below = np.cumsum(benign) - benign / 2
    return float((risky * below).sum() / (risky.sum() * benign.sum()))

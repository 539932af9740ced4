"""Logistic regression on sample weights and soft labels, for the baselines and for stacking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from trainer.models.rows import Rows

LEAST_PROBA = 1e-6  # probabilities are clipped to [LEAST_PROBA, 1 - LEAST_PROBA] before they become log-odds


def fit_logistic(Z: np.ndarray, y: np.ndarray, weight: np.ndarray, strength: float = 1.0) -> tuple[np.ndarray, float]:
    """Return coefficients float64 (k,) and intercept of a ridge-penalised logistic regression.

    Args:
        Z: (n, k), finite.
        y: (n,) in [0, 1]; a soft label is split into two weighted hard ones, as `hard_labels` does.
        weight: (n,), not negative.
        strength: inverse of the ridge penalty, `C` of scikit-learn's `LogisticRegression`.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=1000, tol=1e-6)
    inputs, labels, weights = _split_soft(Z, y, weight)
    model.fit(inputs, labels, sample_weight=weights)
    return model.coef_[0].astype(np.float64), float(model.intercept_[0])


def hard_labels(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return X (m, d), y int64 (m,) of 0 and 1 and weight float64 (m,), for a classifier that takes hard labels only.

    A row of label p and weight w becomes a risky row of weight p·w and a benign one of weight (1 - p)·w, which gives the same
    weighted log loss; rows of weight 0 are dropped, so that hard labels stay one row each.
    """
    return _split_soft(rows.X, rows.y, rows.weights)


def sigmoid(score: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-score)), element by element, without overflow."""
    from scipy.special import expit

    proba: np.ndarray = expit(score)
    return proba


def log_odds(proba: np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)) float64, element by element, with p clipped to [1e-6, 1 - 1e-6]."""
    from scipy.special import logit

    odds: np.ndarray = logit(np.clip(proba.astype(np.float64), LEAST_PROBA, 1 - LEAST_PROBA))
    return odds


def _split_soft(X: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    target = y.astype(np.float64)
    weights = np.concatenate([weight * target, weight * (1 - target)])
    kept = weights > 0
    return np.concatenate([X, X])[kept], np.repeat([1, 0], len(y))[kept], weights[kept]

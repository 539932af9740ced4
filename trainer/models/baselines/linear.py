"""Logistic regression on weights and soft labels, for the baselines and for stacking."""

from __future__ import annotations

import numpy as np


def fit_logistic(Z: np.ndarray, y: np.ndarray, weight: np.ndarray, strength: float = 1.0) -> tuple[np.ndarray, float]:
    """Return coefficients (k,) and intercept of a logistic regression on Z (n, k), y (n,) in [0, 1], weight (n,).

    A label between 0 and 1 counts as a risky row of that weight and a benign one of the rest, which gives the same loss.
    `strength` is the inverse of the ridge penalty.
    """
    from sklearn.linear_model import LogisticRegression

    target = y.astype(np.float64)
    doubled = np.concatenate([Z, Z])
    labels = np.repeat([1, 0], len(y))
    weights = np.concatenate([weight * target, weight * (1 - target)])
    kept = weights > 0
    model = LogisticRegression(C=strength, max_iter=1000, tol=1e-6)
    model.fit(doubled[kept], labels[kept], sample_weight=weights[kept])
    return model.coef_[0].astype(np.float64), float(model.intercept_[0])


def sigmoid(score: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-score)) without overflow."""
    from scipy.special import expit

    proba: np.ndarray = expit(score)
    return proba


def log_odds(proba: np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)), p held within [1e-6, 1 - 1e-6]."""
    from scipy.special import logit

    odds: np.ndarray = logit(np.clip(proba.astype(np.float64), 1e-6, 1 - 1e-6))
    return odds

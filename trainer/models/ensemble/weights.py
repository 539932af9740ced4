"""The weights of an ensemble's members."""

from __future__ import annotations

import numpy as np

from trainer.models.baselines.linear import log_odds, sigmoid

PRIOR_ROWS = 20.0  # strength of the pull towards equal weights, in rows: with few rows the weights stay almost equal


def average_weights(proba: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weights (k,), not negative and with sum 1, that minimise the log loss of the weighted mean of log-odds.

    Log-odds are averaged, not probabilities: the mean of calibrated probabilities is underconfident (Ranjan and Gneiting, JRSS B
    72, 2010). The penalised loss is strictly convex in the weights, so its minimum is unique; it is found by sequential
    quadratic programming. Without rows the weights are equal.

    Args:
        proba: (n, k), out-of-fold predictions of the members.
        y: (n,) in [0, 1].
        weight: (n,), sample weights.
    """
    from scipy.optimize import minimize

    members = proba.shape[1]
    equal = np.full(members, 1 / members)
    if members == 1 or not len(y):
        return equal
    odds, target = log_odds(proba), y.astype(np.float64)
    total = weight.sum()
    pull = PRIOR_ROWS / total

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        score = odds @ w
        value = (weight * (np.logaddexp(0, score) - target * score)).sum() / total
        slope = (weight * (sigmoid(score) - target)) @ odds / total
        return float(value + pull * ((w - equal) ** 2).sum()), slope + 2 * pull * (w - equal)

    of_sum_one = {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like}
    bounds, options = [(0, 1)] * members, {"ftol": 1e-10}
    solution = minimize(loss, equal, jac=True, method="SLSQP", bounds=bounds, constraints=of_sum_one, options=options)
    return _on_simplex(solution.x if np.isfinite(solution.x).all() else equal)


def stacking_weights(proba: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return weights (k,) with sum 1, scale and intercept of a logistic regression of y on the members' log-odds.

    The log-odds of the ensemble are scale * (log-odds @ weights) + intercept. Coefficients are not negative, and a ridge penalty
    pulls them towards those of the plain mean. Arguments as for `average_weights`.
    """
    from scipy.optimize import minimize

    members = proba.shape[1]
    plain = np.full(members + 1, 1 / members)
    plain[-1] = 0
    if not len(y):
        return plain[:-1], 1.0, 0.0
    odds, target = log_odds(proba), y.astype(np.float64)
    total, pull = weight.sum(), PRIOR_ROWS / weight.sum()
    inputs = np.column_stack([odds, np.ones(len(y))])

    def loss(b: np.ndarray) -> tuple[float, np.ndarray]:
        score = inputs @ b
        value = (weight * (np.logaddexp(0, score) - target * score)).sum() / total
        slope = (weight * (sigmoid(score) - target)) @ inputs / total
        return float(value + pull * ((b - plain) ** 2).sum()), slope + 2 * pull * (b - plain)

    bounds = [(0.0, None)] * members + [(None, None)]
    solution = minimize(loss, plain, jac=True, method="L-BFGS-B", bounds=bounds).x
    scale = float(solution[:-1].sum())
    if not np.isfinite(solution).all() or scale <= 0:
        return plain[:-1], 1.0, 0.0
    return _on_simplex(solution[:-1]), scale, float(solution[-1])


def _on_simplex(w: np.ndarray) -> np.ndarray:
    clipped = np.clip(w, 0, None)
    result: np.ndarray = clipped / clipped.sum()
    return result

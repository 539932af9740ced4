"""Calibration: maps scores to probabilities, learned from predictions on unseen rows and saved as numbers.

The method depends on the number of addresses, not of rows, because rows of one address are not independent:

- fewer than 20 of the rarer class: none. At least ten cases per parameter are needed (Peduzzi et al. 1996).
- 20 to 29 of the rarer class: `platt`, a line in log-odds with two parameters (Platt 1999).
- from 30: `beta`, three parameters (Kull, Silva Filho and Flach 2017). It contains the identity, so that calibrated scores stay
  as they are.
- from 1,000 addresses, 100 of the rarer class: `isotonic` (Zadrozny and Elkan 2002), which needs about 1,000 cases to be
  better (Niculescu-Mizil and Caruana 2005). It is centred: interpolated between the centres of its blocks (Oron and
  Flournoy 2017), so that it ties no two scores.

All three strictly keep the order of scores, up to the last bits of a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

MIN_PLATT = 20
MIN_BETA = 30
MIN_ISOTONIC = 1000
MIN_ISOTONIC_OF_A_CLASS = 100
MIN_SLOPE = 1e-3  # above 0, so that even uninformative scores keep their order
PRIOR_PRECISION = 0.1  # of a Gaussian prior around the identity: separable classes have no finite optimum without it
FLOOR = 1e-6  # scores are shrunk to [FLOOR, 1 - FLOOR], where log-odds are finite; unlike clipping this keeps their order
END_TILT = 0.01  # how far an isotonic map moves towards 0 and 1 beyond its outer centres
SAME_VALUE = 1e-9  # blocks closer than this are one block; they differ only by rounding
MIN_GAP = 1e-12  # between the scores of an isotonic map; the slope between closer scores overflows
MAX_KNOTS = 100_000
BINS = 10
MIN_BIN_ROWS = 10

Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Slope = Annotated[float, Field(ge=MIN_SLOPE, le=1e6, allow_inf_nan=False)]


class LogOddsMap(BaseModel):
    """logit(q) = a ln(p) - b ln(1 - p) + c; `platt` has a = b."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["platt", "beta"]
    a: Slope
    b: Slope
    c: float = Field(ge=-1e6, le=1e6, allow_inf_nan=False)

    def apply(self, proba: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities float64 (n,) for scores (n,) in [0, 1]."""
        from scipy.special import expit

        p = _shrunk(proba)
        return np.asarray(expit(self.a * np.log(p) - self.b * np.log1p(-p) + self.c), dtype=np.float64)


class IsotonicMap(BaseModel):
    """Straight lines between `values` at `scores`, both rising; flat beyond them."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["isotonic"]
    scores: list[Probability] = Field(min_length=1, max_length=MAX_KNOTS)
    values: list[Probability] = Field(min_length=1, max_length=MAX_KNOTS)

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if len(self.scores) != len(self.values):
            raise ValueError("there must be as many values as scores")
        if not all(high - low >= MIN_GAP for low, high in pairwise(self.scores)):
            raise ValueError(f"scores must rise by {MIN_GAP} at least")
        if not all(low < high for low, high in pairwise(self.values)):
            raise ValueError("values must rise strictly")
        return self

    def apply(self, proba: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities float64 (n,) for scores (n,) in [0, 1]."""
        return np.interp(np.asarray(proba, dtype=np.float64), self.scores, self.values)


Calibrator = Annotated[LogOddsMap | IsotonicMap, Field(discriminator="method")]


@dataclass(frozen=True)
class Calibrated:
    """The result of calibration: the map for the saved model, and its effect on rows it was not fitted on.

    Attributes:
        proba: float64 (n,), each row calibrated by a map fitted on the other folds; the scores themselves without a map.
        calibrator: fitted on all unseen rows; None where there were too few.
        report: method, n, reason, and ECE, Brier score and reliability curve before and after.
    """

    proba: np.ndarray
    calibrator: LogOddsMap | IsotonicMap | None
    report: dict[str, Any]


def calibrate(
    y: np.ndarray,
    proba: np.ndarray,
    weight: np.ndarray,
    groups: np.ndarray,
    parts: Sequence[np.ndarray],
    off: str = "",
) -> Calibrated:
    """Fit a map to predictions on unseen rows, and calibrate each fold by a map fitted on the other folds (cross-fitting).

    Args:
        y: (n,) gold 0 or 1, NaN where a row has none.
        proba: (n,) out-of-fold scores, NaN where a row was never held out.
        weight: (n,) sample weights.
        groups: (n,) address of each row; an address is in one part only.
        parts: the row numbers that each fold held out.
        off: why not to calibrate; "" to calibrate.
    """
    graded = ~np.isnan(y) & ~np.isnan(proba)
    usable = graded & (weight > 0)
    parts = [np.asarray(part) for part in parts]
    others = [np.concatenate([*parts[:i], *parts[i + 1 :], np.array([], dtype=np.int64)]) for i in range(len(parts))]
    others = [rows[usable[rows]] for rows in others]
    method, reason = (None, off) if off else choose_method(y[usable], groups[usable])
    if method is not None and any(np.unique(y[rows] >= 0.5).size < 2 for rows in others):
        method, reason = None, "without one of the folds only one class is left to fit it to"
    if method is None:
        return Calibrated(proba, None, _report("none", reason, y[graded], proba[graded], None))
    calibrated = proba.astype(np.float64)
    for part, rows in zip(parts, others, strict=True):
        calibrated[part] = fit_calibrator(method, y[rows], proba[rows], weight[rows]).apply(proba[part])
    fitted = fit_calibrator(method, y[usable], proba[usable], weight[usable])
    return Calibrated(calibrated, fitted, _report(method, reason, y[graded], proba[graded], calibrated[graded]))


def choose_method(y: np.ndarray, groups: np.ndarray) -> tuple[str | None, str]:
    """Return the method for labels y (n,) of addresses groups (n,), None with too few addresses, and the reason."""
    positive = y >= 0.5
    addresses = int(np.unique(groups).size)
    rarer = int(min(np.unique(groups[positive]).size, np.unique(groups[~positive]).size))
    counts = f"{addresses} unseen addresses with a gold label, {rarer} of the rarer class"
    if rarer < MIN_PLATT:
        return None, f"there are {counts}; it needs {MIN_PLATT} of the rarer class"
    if rarer < MIN_BETA:
        return "platt", counts
    if addresses < MIN_ISOTONIC or rarer < MIN_ISOTONIC_OF_A_CLASS:
        return "beta", counts
    return "isotonic", counts


def fit_calibrator(method: str, y: np.ndarray, proba: np.ndarray, weight: np.ndarray) -> LogOddsMap | IsotonicMap:
    """Return a map of scores proba (n,) in [0, 1] to P(y = 1), fitted to y (n,) of both classes with weights (n,) above 0."""
    target, scores = (y >= 0.5).astype(np.float64), proba.astype(np.float64)
    scaled = weight.astype(np.float64) / weight.astype(np.float64).mean()  # so that the scale of weights does not matter
    if method == "isotonic":
        return _fit_isotonic(target, scores, scaled)
    return _fit_log_odds("platt" if method == "platt" else "beta", target, scores, scaled)


def _fit_log_odds(method: Literal["platt", "beta"], y: np.ndarray, proba: np.ndarray, weight: np.ndarray) -> LogOddsMap:
    """Minimise the weighted log loss, convex in (a, b, c), with slopes held above 0."""
    from scipy.optimize import minimize
    from scipy.special import expit

    p = _shrunk(proba)
    low, high = np.log(p), -np.log1p(-p)
    columns = [low + high] if method == "platt" else [low, high]
    identity = np.array([1.0] * len(columns) + [0.0])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        # Sums of numpy, not products of BLAS: their last bits do not depend on the number of threads.
        z = sum(slope * column for slope, column in zip(theta, columns, strict=False)) + theta[-1]
        away, residual = theta - identity, weight * (expit(z) - y)
        value = np.sum(weight * (np.logaddexp(0, z) - y * z)) + PRIOR_PRECISION / 2 * np.sum(away**2)
        slopes = [np.sum(residual * column) for column in columns]
        return float(value), np.array([*slopes, np.sum(residual)]) + PRIOR_PRECISION * away

    bounds = [(MIN_SLOPE, 1e6)] * (len(identity) - 1) + [(-1e6, 1e6)]
    theta = minimize(loss, identity, jac=True, method="L-BFGS-B", bounds=bounds).x
    a, b, c = (theta[0], theta[0], theta[1]) if method == "platt" else theta
    return LogOddsMap(method=method, a=float(a), b=float(b), c=float(c))


def _shrunk(proba: np.ndarray) -> np.ndarray:
    return FLOOR + (1 - 2 * FLOOR) * np.asarray(proba, dtype=np.float64)


def _fit_isotonic(y: np.ndarray, proba: np.ndarray, weight: np.ndarray) -> IsotonicMap:
    """Pool adjacent violators, with one pseudo-row of the other class at either end: no number of rows proves a 0 or a 1."""
    from sklearn.isotonic import isotonic_regression

    scores, place = np.unique(proba, return_inverse=True)
    mass = np.bincount(place, weight)
    rate = np.bincount(place, weight * y) / mass
    fitted = isotonic_regression(np.r_[1.0, rate, 0.0], sample_weight=np.r_[1.0, mass, 1.0], y_min=0.0, y_max=1.0)[1:-1]
    rises = np.diff(fitted) > SAME_VALUE
    values, block = fitted[np.r_[True, rises]], np.r_[0, np.cumsum(rises)]
    centres = np.clip(np.bincount(block, mass * scores) / np.bincount(block, mass), 0.0, 1.0)
    xs = np.r_[0.0, centres, 1.0]
    ys = np.r_[values[0] * (1 - END_TILT), values, values[-1] + END_TILT * (1 - values[-1])]
    kept = [0]
    for i in range(1, len(xs)):  # knots that floats cannot distinguish are one
        if xs[i] - xs[kept[-1]] >= MIN_GAP and ys[i] > ys[kept[-1]]:
            kept.append(i)
    return IsotonicMap(method="isotonic", scores=[float(xs[i]) for i in kept], values=[float(ys[i]) for i in kept])


def reliability(y: np.ndarray, proba: np.ndarray, bins: int = BINS, equal_mass: bool = True) -> list[dict[str, float]]:
    """Return mean_predicted, fraction_risky and count of each bin, rising: the reliability curve of proba (n,) against y (n,).

    Args:
        bins: the maximum number of bins; fewer if one would have fewer than 10 rows.
        equal_mass: bins of equal counts, whose ECE is less biased (Roelofs et al. 2022), else of equal width. Rows of equal
            score share a bin either way.
    """
    count = max(1, min(bins, len(y) // MIN_BIN_ROWS))
    inner = np.arange(1, count) / count
    edges = np.quantile(proba, inner, method="lower") if equal_mass else inner
    place = np.searchsorted(np.unique(edges), proba, side="left")
    return [
        {
            "mean_predicted": float(proba[place == i].mean()),
            "fraction_risky": float((y[place == i] >= 0.5).mean()),
            "count": int((place == i).sum()),
        }
        for i in np.unique(place)
    ]


def expected_calibration_error(curve: list[dict[str, float]]) -> float:
    """Return the ECE of a reliability curve: the mean over rows of |mean predicted - fraction risky| of their bin.

    Naeini, Cooper and Hauskrecht (2015), for the probability of the positive class.
    """
    total = sum(one["count"] for one in curve)
    return sum(one["count"] * abs(one["mean_predicted"] - one["fraction_risky"]) for one in curve) / total


def _report(method: str, reason: str, y: np.ndarray, before: np.ndarray, after: np.ndarray | None) -> dict[str, Any]:
    """Return what `fit` reports; rows have equal weight, as in its metrics, and what does not exist is None."""
    curves = {
        "before": reliability(y, before) if y.size else None,
        "after": reliability(y, after) if after is not None else None,
    }
    report: dict[str, Any] = {"method": method, "n": int(y.size), "reason": reason}
    report |= {f"ece_{when}": curve and expected_calibration_error(curve) for when, curve in curves.items()}
    for when, proba in (("before", before), ("after", after)):
        report[f"brier_{when}"] = float(np.mean((proba - (y >= 0.5)) ** 2)) if curves[when] and proba is not None else None
    return report | {"reliability": curves}

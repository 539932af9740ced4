"""Calibration: makes a score mean its frequency, learned from predictions on unseen rows and kept as numbers.

The method goes by how many addresses there are to learn from, because rows of one address are not independent:

- fewer than 20 of the rarer class: none. Ten cases a parameter is the least that holds up (Peduzzi et al. 1996).
- up to 29 of them: `platt`, a line in log-odds with two parameters (Platt 1999).
- from 30: `beta`, three parameters (Kull, Silva Filho and Flach 2017). It holds the identity, so that good scores stay.
- from 1,000 addresses, 100 of the rarer class: `isotonic` (Zadrozny and Elkan 2002), which needs about 1,000 cases to be the
  better one (Niculescu-Mizil and Caruana 2005). It is centred: interpolated between the centres of its blocks (Oron and
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
MIN_SLOPE = 1e-3  # above 0, so that even scores that say nothing keep their order
PRIOR_PRECISION = 0.1  # of a Gaussian around the identity: scores that separate the classes would have no finite optimum
FLOOR = 1e-6  # scores are drawn in by this from 0 and 1, where log-odds are infinite; unlike clipping it keeps their order
END_TILT = 0.01  # how far beyond its outer centres an isotonic map still moves towards 0 and 1
SAME_VALUE = 1e-9  # blocks as close as this are one block, told apart by the rounding of their sums
MIN_GAP = 1e-12  # between the scores of an isotonic map; the slope between closer ones overflows
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

        p = _drawn_in(proba)
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
    """What calibration did: the map for the saved model, and what it is worth on rows it was not fitted on.

    Attributes:
        proba: float64 (n,), each row by a map fitted on the other folds; the scores themselves where there is no map.
        calibrator: fitted on all unseen rows; None where there were too few.
        report: method, n, reason and the figures of `before_and_after`.
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
    """Fit a map to predictions on unseen rows, and apply to each fold one that was fitted on the others (cross-fitting).

    Args:
        y: (n,) gold 0 or 1, NaN where a row has none.
        proba: (n,) out-of-fold scores, NaN where a row was never held out.
        weight: (n,) sample weights.
        groups: (n,) address of each row; an address is in one part only.
        parts: the row numbers that each fold held out.
        off: why there is to be none, if there is to be none.
    """
    graded = ~np.isnan(y) & ~np.isnan(proba)
    usable = graded & (weight > 0)
    parts = [np.asarray(part) for part in parts]
    others = [np.concatenate([*parts[:i], *parts[i + 1 :], np.array([], dtype=np.int64)]) for i in range(len(parts))]
    others = [rows[usable[rows]] for rows in others]
    method, reason = (None, off) if off else choose_method(y[usable], groups[usable])
    if method is not None and any(np.unique(y[rows] >= 0.5).size < 2 for rows in others):
        method, reason = None, "without one of the folds there is only one class left to fit it to"
    if method is None:
        return Calibrated(proba, None, _report("none", reason, y[graded], proba[graded], None))
    calibrated = proba.astype(np.float64)
    for part, rows in zip(parts, others, strict=True):
        calibrated[part] = fit_calibrator(method, y[rows], proba[rows], weight[rows]).apply(proba[part])
    fitted = fit_calibrator(method, y[usable], proba[usable], weight[usable])
    return Calibrated(calibrated, fitted, _report(method, reason, y[graded], proba[graded], calibrated[graded]))


def choose_method(y: np.ndarray, groups: np.ndarray) -> tuple[str | None, str]:
    """Return the method for labels y (n,) of addresses groups (n,), None where there are too few, and why."""
    positive = y >= 0.5
    addresses = int(np.unique(groups).size)
    rarer = int(min(np.unique(groups[positive]).size, np.unique(groups[~positive]).size))
    found = f"{addresses} unseen addresses with a gold label, {rarer} of the rarer class"
    if rarer < MIN_PLATT:
        return None, f"there are {found}; it needs {MIN_PLATT} of the rarer class"
    if rarer < MIN_BETA:
        return "platt", found
    if addresses < MIN_ISOTONIC or rarer < MIN_ISOTONIC_OF_A_CLASS:
        return "beta", found
    return "isotonic", found


def fit_calibrator(method: str, y: np.ndarray, proba: np.ndarray, weight: np.ndarray) -> LogOddsMap | IsotonicMap:
    """Return a map of scores proba (n,) in [0, 1] to P(y = 1), fitted to y (n,) of both classes with weights (n,) above 0."""
    target, scores = (y >= 0.5).astype(np.float64), proba.astype(np.float64)
    scaled = weight.astype(np.float64) / weight.astype(np.float64).mean()  # so that a weight's unit does not matter
    if method == "isotonic":
        return _fit_isotonic(target, scores, scaled)
    return _fit_log_odds("platt" if method == "platt" else "beta", target, scores, scaled)


def _fit_log_odds(method: Literal["platt", "beta"], y: np.ndarray, proba: np.ndarray, weight: np.ndarray) -> LogOddsMap:
    """Minimise the weighted log loss, convex in (a, b, c), with slopes held above 0."""
    from scipy.optimize import minimize
    from scipy.special import expit

    p = _drawn_in(proba)
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
    found = minimize(loss, identity, jac=True, method="L-BFGS-B", bounds=bounds).x
    a, b, c = (found[0], found[0], found[1]) if method == "platt" else found
    return LogOddsMap(method=method, a=float(a), b=float(b), c=float(c))


def _drawn_in(proba: np.ndarray) -> np.ndarray:
    return FLOOR + (1 - 2 * FLOOR) * np.asarray(proba, dtype=np.float64)


def _fit_isotonic(y: np.ndarray, proba: np.ndarray, weight: np.ndarray) -> IsotonicMap:
    """Pool adjacent violators, with one more row of the other class at either end: no count of rows proves a 0 or a 1."""
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
    for i in range(1, len(xs)):  # what floats cannot tell apart is one knot
        if xs[i] - xs[kept[-1]] >= MIN_GAP and ys[i] > ys[kept[-1]]:
            kept.append(i)
    return IsotonicMap(method="isotonic", scores=[float(xs[i]) for i in kept], values=[float(ys[i]) for i in kept])


def reliability(y: np.ndarray, proba: np.ndarray, bins: int = BINS, equal_mass: bool = True) -> list[dict[str, float]]:
    """Return mean_predicted, fraction_risky and count of each bin, rising: the reliability curve of proba (n,) against y (n,).

    Args:
        bins: at most so many, and never so many that one has fewer than 10 rows.
        equal_mass: bins of equal counts, whose ECE is less biased (Roelofs et al. 2022); else of equal width. Rows of one
            score are in one bin either way.
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
    """Return what `fit` reports; rows count alike here, as in its metrics. None stands for what there is not."""
    curves = {
        "before": reliability(y, before) if y.size else None,
        "after": reliability(y, after) if after is not None else None,
    }
    report: dict[str, Any] = {"method": method, "n": int(y.size), "reason": reason}
    report |= {f"ece_{when}": curve and expected_calibration_error(curve) for when, curve in curves.items()}
    for when, proba in (("before", before), ("after", after)):
        report[f"brier_{when}"] = float(np.mean((proba - (y >= 0.5)) ** 2)) if curves[when] and proba is not None else None
    return report | {"reliability": curves}

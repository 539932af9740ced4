"""Exact TreeSHAP of boosted trees, computed by the libraries themselves (Lundberg et al. 2020).

The base is the mean raw score of the training rows, and the contributions of a row add up to its raw score. They are those of
`tree_path_dependent`: a column that is not known yet goes each way as often as the training rows did, so that no background is
needed. Missing values go their own way, as in the prediction.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trainer.models.contributions import Contributions, in_chunks
from trainer.models.quantiles import LARGEST

ROWS = 20_000  # explained at once: the library returns float64 (or float32) of all columns
METHOD = "Exact Shapley values of the trees (TreeSHAP, computed by {library})."


def of_lightgbm(model: Any, X: np.ndarray, unit: str) -> Contributions:
    """Return the contributions of X float32 (n, d) to the log-odds (or, for a ranker, the sum) of a `lightgbm.Booster`."""

    def part(rows: slice) -> np.ndarray:
        if not len(X[rows]):
            return np.empty((0, X.shape[1] + 2))
        # The margin is not the sum of what is beside it, which would be equal to itself whatever the library returned.
        margin = model.predict(X[rows], raw_score=True)
        return np.column_stack([model.predict(X[rows], pred_contrib=True), margin])

    found = in_chunks(len(X), ROWS, part) * _lightgbm_scale(model)
    return Contributions.of(found[:, :-2], _base(found[:, -2]), found[:, -1], unit, METHOD.format(library="LightGBM"))


def of_xgboost(model: Any, X: np.ndarray, unit: str) -> Contributions:
    """Return the contributions of X float32 (n, d) to the margin of an `xgboost.Booster`, which has single precision."""
    import xgboost

    def part(rows: slice) -> np.ndarray:
        if not len(X[rows]):
            return np.empty((0, X.shape[1] + 2))
        margin = model.inplace_predict(X[rows], predict_type="margin", validate_features=False)
        # DMatrix takes NaN for missing, as inplace_predict does, but refuses infinity.
        finite = xgboost.DMatrix(np.clip(X[rows], -LARGEST, LARGEST))
        values = model.predict(finite, pred_contribs=True, validate_features=False)
        return np.column_stack([values.astype(np.float64), margin.astype(np.float64)])

    found = in_chunks(len(X), ROWS, part)
    return Contributions.of(found[:, :-2], _base(found[:, -2]), found[:, -1], unit, METHOD.format(library="XGBoost"))


def _base(column: np.ndarray) -> float:
    """Return the base, which is the same for all rows."""
    return float(column[0]) if len(column) else 0.0


def _lightgbm_scale(model: Any) -> float:
    """Return what turns LightGBM's raw score into log-odds: its parameter `sigmoid`; a random forest's sum is no mean yet."""
    header = model.model_to_string(num_iteration=1).partition("\nTree=0\n")[0]
    objective = next((line for line in header.split("\n") if line.startswith("objective=")), "")
    slope = float(objective.partition("sigmoid:")[2].split(" ")[0] or 1)
    trees = model.best_iteration if model.best_iteration > 0 else model.num_trees()
    return slope / trees if "\naverage_output\n" in header else slope

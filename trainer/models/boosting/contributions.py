"""Exact TreeSHAP of boosted trees (Lundberg et al. 2020), computed from the libraries' trees.

The values are those of LightGBM's `pred_contrib` (to 1e-9) and XGBoost's `pred_contribs` (to its single precision), which take
ten times as long: some 70 to 80 processor seconds for 100,000 alerts. The base is the mean raw score of the training rows: a
column that is not known yet goes each way as often as the training rows did, so that no background is needed. Missing values go
their own way, as in the prediction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trainer.models.boosting.tree_shap import tree_shap, trees_mean
from trainer.models.boosting.trees import Tree, lightgbm_trees, xgboost_trees
from trainer.models.contributions import Contributions, in_chunks

ROWS = 20_000  # explained at once
METHOD = "Exact Shapley values of the trees (TreeSHAP)."


def of_lightgbm(model: Any, X: np.ndarray, unit: str) -> Contributions:
    """Return the contributions of X float32 (n, d) to the log-odds (or, for a ranker, the sum) of a `lightgbm.Booster`."""

    def margin(rows: np.ndarray) -> np.ndarray:
        found: np.ndarray = model.predict(rows, raw_score=True)
        return found

    trees, scale = lightgbm_trees(model), _lightgbm_scale(model)
    values, raw = _of_trees(trees, X, margin)
    return Contributions.of(values * scale, trees_mean(trees) * scale, raw * scale, unit, METHOD)


def of_xgboost(model: Any, X: np.ndarray, unit: str) -> Contributions:
    """Return the contributions of X float32 (n, d) to the margin of an `xgboost.Booster`, which has single precision."""

    def margin(rows: np.ndarray) -> np.ndarray:
        found: np.ndarray = model.inplace_predict(rows, predict_type="margin", validate_features=False)
        return found.astype(np.float64)

    values, raw = _of_trees(xgboost_trees(model), X, margin)
    return Contributions.of(values, _xgboost_base(model, X.shape[1]), raw, unit, METHOD)


def _of_trees(trees: list[Tree], X: np.ndarray, margin: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the values (n, d) of the trees' sum, and the raw scores (n,) as the library computes them."""

    def part(rows: slice) -> np.ndarray:
        # The library's own margin: the sum of the values would be equal to itself, whatever they are.
        raw = margin(X[rows]) if len(X[rows]) else np.empty(0)
        return np.column_stack([tree_shap(trees, X[rows]), raw])

    found = in_chunks(len(X), ROWS, part)
    return found[:, :-1], found[:, -1]


def _xgboost_base(model: Any, columns: int) -> float:
    """Return the base of XGBoost's own contributions, which counts its base score in; it is the same for any row."""
    import xgboost

    row = xgboost.DMatrix(np.zeros((1, columns), dtype=np.float32))
    return float(model.predict(row, pred_contribs=True, validate_features=False)[0, -1])


def _lightgbm_scale(model: Any) -> float:
    """Return what turns LightGBM's raw score into log-odds: its parameter `sigmoid`; a random forest's sum is no mean yet."""
    header = model.model_to_string(num_iteration=1).partition("\nTree=0\n")[0]
    objective = next((line for line in header.split("\n") if line.startswith("objective=")), "")
    slope = float(objective.partition("sigmoid:")[2].split(" ")[0] or 1)
    trees = model.best_iteration if model.best_iteration > 0 else model.num_trees()
    return slope / trees if "\naverage_output\n" in header else slope

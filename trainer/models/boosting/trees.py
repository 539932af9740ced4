"""The trees of LightGBM and XGBoost as arrays of one form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.models.files.ubjson import read_ubjson

LEAST = 1e-30  # share of the rows at a node; 0 could not be divided by
ZERO = 1e-35  # what LightGBM takes for zero
MISSING_ZERO, MISSING_NAN = 1, 2


@dataclass(frozen=True)
class Tree:
    """A tree of m inner nodes, the root first, and m + 1 leaves; a child below 0 is the complement of a leaf's number.

    Attributes:
        feature, left, right: int64 (m,).
        threshold: float64 (m,); a value up to it goes left.
        missing: (m,) which values are missing: MISSING_ZERO (0 and NaN), MISSING_NAN, or else none, NaN being 0.
        default_left: bool (m,), where those go.
        inner_cover, leaf_cover: how many training rows came by, or their weight: (m,), (m + 1,).
        value: float64 (m + 1,), of the leaves.
    """

    feature: np.ndarray
    left: np.ndarray
    right: np.ndarray
    threshold: np.ndarray
    missing: np.ndarray
    default_left: np.ndarray
    inner_cover: np.ndarray
    leaf_cover: np.ndarray
    value: np.ndarray


def lightgbm_trees(model: Any) -> list[Tree]:
    """Return the trees of a `lightgbm.Booster`, up to its best iteration; it has no categorical splits (`models.files`)."""
    text: str = model.model_to_string()
    trees = []
    for block in text.partition("\nend of trees")[0].split("\nTree=")[1:]:
        fields = dict(line.split("=", 1) for line in block.split("\n") if "=" in line)
        kinds = _numbers(fields, "decision_type", np.int64)
        trees.append(
            Tree(
                feature=_numbers(fields, "split_feature", np.int64),
                left=_numbers(fields, "left_child", np.int64),
                right=_numbers(fields, "right_child", np.int64),
                threshold=_numbers(fields, "threshold", np.float64),
                missing=kinds >> 2,
                default_left=(kinds & 2) > 0,
                inner_cover=_numbers(fields, "internal_count", np.float64),
                leaf_cover=_numbers(fields, "leaf_count", np.float64),
                value=_numbers(fields, "leaf_value", np.float64),
            )
        )
    return trees


def xgboost_trees(model: Any) -> list[Tree]:
    """Return the trees of an `xgboost.Booster`, which are numeric (`models.files`); its base score is not among them."""
    learner = read_ubjson(bytes(model.save_raw("ubj")))["learner"]
    return [_xgboost_tree(tree) for tree in learner["gradient_booster"]["model"]["trees"]]


def _xgboost_tree(tree: dict[str, Any]) -> Tree:
    left, right = tree["left_children"].astype(np.int64), tree["right_children"].astype(np.int64)
    inner = left >= 0
    # Nodes that pruning removed are leaves that nothing leads to.
    number = np.where(inner, np.cumsum(inner) - 1, ~(np.cumsum(~inner) - 1))
    split = tree["split_conditions"].astype(np.float32)
    cover = tree["sum_hessian"].astype(np.float64)
    return Tree(
        feature=tree["split_indices"].astype(np.int64)[inner],
        left=number[left[inner]],
        right=number[right[inner]],
        # XGBoost sends values below the threshold left, in single precision.
        threshold=np.nextafter(split[inner], np.float32(-np.inf)).astype(np.float64),
        missing=np.full(int(inner.sum()), MISSING_NAN),
        default_left=tree["default_left"].astype(bool)[inner],
        inner_cover=cover[inner],
        leaf_cover=cover[~inner],
        value=split[~inner].astype(np.float64),
    )


def _numbers(fields: dict[str, str], name: str, kind: type) -> np.ndarray:
    return np.array(fields.get(name, "").split(), dtype=kind)

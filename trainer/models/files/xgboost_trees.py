"""XGBoost's model file, checked before XGBoost reads it: its reader trusts lengths and indices, and can crash on a wrong one.

Accepted is a model of one output and numeric splits, in which every array has the length that its tree declares and every
split refers to a feature of the model and to nodes of its own tree.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trainer.errors import ArtifactError
from trainer.models.files.checked import write_checked
from trainer.models.files.ubjson import read_ubjson

MAX_BYTES = 1 << 30
_PER_NODE = {
    "base_weights": ">f4", "loss_changes": ">f4", "split_conditions": ">f4", "sum_hessian": ">f4",
    "left_children": ">i4", "right_children": ">i4", "parents": ">i4", "split_indices": ">i4",
    "default_left": ">u1", "split_type": ">u1",
}  # fmt: skip
_LEAF = -1
_DELETED = -1  # the feature of a node that pruning removed
_NO_PARENT = 2_147_483_647


def write_trees(model: Any, path: str) -> None:
    """Write a trained `xgboost.Booster` as UBJSON, whatever the suffix of `path`.

    Raises:
        ValueError: the model is None: it was not trained.
        UsageError: `read_trees` would refuse the file.
    """
    if model is None:
        raise ValueError("There is no model to save: call train first.")
    write_checked(bytes(model.save_raw("ubj")), path, check_trees)


def read_trees(path: str) -> Any:
    """Return the `xgboost.Booster` in a UBJSON file.

    Raises:
        ArtifactError: the file is not valid UBJSON, or not a model that `check_trees` accepts.
    """
    import xgboost

    file = Path(path)
    if file.stat().st_size > MAX_BYTES:
        raise ArtifactError(f"{path} is larger than 1 GiB, the limit for an XGBoost model.")
    raw = file.read_bytes()
    check_trees(raw, path)
    model = xgboost.Booster()
    try:
        model.load_model(bytearray(raw))
    except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
        raise ArtifactError(f"{path} is not a model that XGBoost can read: {str(error).splitlines()[0][:200]}") from error
    return model


def check_trees(raw: bytes, path: str) -> None:
    """Raise ArtifactError unless `raw` is the UBJSON of a model with one output and numeric splits, consistent in itself.

    Args:
        raw: the whole file.
        path: what the error message calls it.

    Raises:
        ArtifactError: it is no such model.
    """
    try:
        learner = read_ubjson(raw)["learner"]
        booster = learner["gradient_booster"]
        shape = learner["learner_model_param"]
        _require(booster["name"] == "gbtree", "its booster is not gbtree")
        _require(int(shape["num_class"]) == 0 and int(shape["num_target"]) == 1, "it has more than one output")
        float(str(shape["base_score"]).strip("[]"))
        features, model = int(shape["num_feature"]), booster["model"]
        _require(0 < features < 1 << 24, "its number of features is out of range")
        for names in ("feature_names", "feature_types"):
            _require(len(learner.get(names, [])) in {0, features}, f"{names} does not match the number of features")
        trees = model["trees"]
        _check_counts(model, len(trees))
        for tree in trees:
            _check_tree(tree, features)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)[:200]
        raise ArtifactError(f"{path} is not a model that XGBoost can read: {reason}.") from error


def _check_counts(model: dict[str, Any], count: int) -> None:
    _require(
        count > 0 and int(model["gbtree_model_param"]["num_trees"]) == count,
        "it does not have the number of trees that it declares",
    )
    parallel = int(model["gbtree_model_param"]["num_parallel_tree"])
    _require(parallel >= 1 and count % parallel == 0, "num_parallel_tree does not divide the number of trees")
    info, starts = np.asarray(model["tree_info"]), np.asarray(model["iteration_indptr"])
    _require(info.shape == (count,) and not info.any(), "its trees belong to several outputs")
    _require(starts.shape == (count // parallel + 1,), "iteration_indptr does not match the number of trees")
    _require(bool((starts == np.arange(0, count + 1, parallel)).all()), "iteration_indptr does not match the number of trees")
    categories = model.get("cats", {})
    _require(not any(len(categories[name]) for name in categories), "it has categories")


def _check_tree(tree: dict[str, Any], features: int) -> None:
    shape = tree["tree_param"]
    nodes = int(shape["num_nodes"])
    _require(nodes > 0 and int(shape["num_feature"]) == features, "a tree has another number of features than the model")
    _require(int(shape["size_leaf_vector"]) in {0, 1}, "a tree has more than one output")
    for name, form in _PER_NODE.items():
        array = tree[name]
        fits = isinstance(array, np.ndarray) and array.dtype == np.dtype(form) and array.shape == (nodes,)
        _require(fits, f"{name} of a tree has another type or length than declared")
    for name in ("categories", "categories_nodes", "categories_segments", "categories_sizes"):
        _require(len(tree[name]) == 0, "a tree splits on categories")
    left, right, feature = (tree[name].astype(np.int64) for name in ("left_children", "right_children", "split_indices"))
    inner = left != _LEAF
    _require(
        bool(((right == _LEAF) == ~inner).all()) and not tree["split_type"].any(),
        "a node has one child, or its split is not numeric",
    )
    known = (feature >= 0) & (feature < features)
    _require(bool((known | (~inner & (feature == _DELETED))).all()), "a tree splits on a feature that the model does not have")
    _require(
        int((feature == _DELETED).sum()) == int(shape["num_deleted"]),
        "a tree does not have the number of deleted nodes that it declares",
    )
    children, above = np.concatenate([left[inner], right[inner]]), np.tile(np.flatnonzero(inner), 2)
    _require(bool(((children > 0) & (children < nodes)).all()), "a child is not a node of its tree")
    # No node has two parents and the root has none, so that no walk from the root is endless.
    _require(np.unique(children).size == children.size, "two nodes have the same child")
    parents = tree["parents"].astype(np.int64)
    _require(
        int(parents[0]) == _NO_PARENT and bool((parents[children] == above).all()), "parents of a tree do not match its children"
    )


def _require(is_met: bool, otherwise: str) -> None:
    if not is_met:
        raise ValueError(otherwise)

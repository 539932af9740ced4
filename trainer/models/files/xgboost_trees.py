"""XGBoost's file, checked before XGBoost reads it: the reader trusts lengths and indices, and crashes on wrong ones."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from trainer.errors import ArtifactError, UsageError
from trainer.models.boosting.plan import write_checked
from trainer.models.files.ubjson import read_ubjson

MAX_BYTES = 1 << 30
# XGBoost's other names for its parameters (https://xgboost.readthedocs.io/en/stable/parameter.html).
ALIASES = {
    "eta": "learning_rate",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
    "n_jobs": "nthread",
    "num_boost_round": "n_estimators",
    "num_round": "n_estimators",
    "random_state": "seed",
}
_PER_NODE = {
    "base_weights": ">f4", "loss_changes": ">f4", "split_conditions": ">f4", "sum_hessian": ">f4",
    "left_children": ">i4", "right_children": ">i4", "parents": ">i4", "split_indices": ">i4",
    "default_left": ">u1", "split_type": ">u1",
}  # fmt: skip
_LEAF = -1
_DELETED = -1  # in place of the feature, of a node that pruning took out
_NO_PARENT = 2_147_483_647


def refuse_unchecked(parameters: dict[str, Any]) -> None:
    """Let pass parameters that grow trees which `read_trees` can read back, and that leave stdout alone.

    Raises:
        UsageError: they ask for another booster, or for XGBoost's own talk.
    """
    if parameters.get("verbosity", 0) not in (0, 1):
        raise UsageError("XGBoost's verbosity is 0 or 1 here: above, it writes to stdout, which is for data.")
    if (booster := parameters.get("booster", "gbtree")) != "gbtree":
        raise UsageError(f"XGBoost's booster '{booster}' is not supported: its files cannot be checked before they are read.")


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what XGBoost says of parameters that it cannot use into one sentence.

    Raises:
        UsageError: it refuses them, or does not know one.
    """
    import xgboost

    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            yield
    except (xgboost.core.XGBoostError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"XGBoost refused its parameters: {str(error).splitlines()[0][:300]}") from error
    for warning in said:
        if unused := re.search(r"Parameters: \{ (.*) \} are not used", str(warning.message)):
            raise UsageError(f"XGBoost has no parameter {unused[1].replace(chr(34), '')} to use here.")
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def write_trees(model: Any, path: str) -> None:
    """Write a Booster as UBJSON, whatever the file is called.

    Raises:
        UsageError: its parameters grew trees that `read_trees` cannot check.
    """
    if model is None:
        raise ValueError("There is no model to save.")
    write_checked(bytes(model.save_raw("ubj")), path, check_trees)


def read_trees(path: str) -> Any:
    """Return the Booster in a UBJSON file.

    Raises:
        ArtifactError: the file is not one, or its trees point outside themselves.
    """
    import xgboost

    file = Path(path)
    if file.stat().st_size > MAX_BYTES:
        raise ArtifactError(f"{path} is larger than any model that XGBoost writes here.")
    raw = file.read_bytes()
    check_trees(raw, path)
    model = xgboost.Booster()
    try:
        model.load_model(bytearray(raw))
    except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
        raise ArtifactError(f"{path} is not a model that XGBoost can read: {str(error).splitlines()[0][:200]}") from error
    return model


def check_trees(raw: bytes, path: str) -> None:
    """Let pass a model of one output and plain numeric splits, whose trees point only at themselves and at its features.

    Raises:
        ArtifactError: it is no such model; the message names `path`.
    """
    try:
        learner = read_ubjson(raw)["learner"]
        booster = learner["gradient_booster"]
        shape = learner["learner_model_param"]
        _require(booster["name"] == "gbtree", "its booster is not gbtree")
        _require(int(shape["num_class"]) == 0 and int(shape["num_target"]) == 1, "it has more than one output")
        float(str(shape["base_score"]).strip("[]"))
        features, model = int(shape["num_feature"]), booster["model"]
        _require(0 < features < 1 << 24, "it declares no features")
        for names in ("feature_names", "feature_types"):
            _require(len(learner.get(names, [])) in {0, features}, f"{names} are not those of its features")
        trees = model["trees"]
        _check_counts(model, len(trees))
        for tree in trees:
            _check_tree(tree, features)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)[:200]
        raise ArtifactError(f"{path} is not a model that XGBoost can read: {reason}.") from error


def _check_counts(model: dict[str, Any], count: int) -> None:
    _require(count > 0 and int(model["gbtree_model_param"]["num_trees"]) == count, "it does not have the trees it declares")
    parallel = int(model["gbtree_model_param"]["num_parallel_tree"])
    _require(parallel >= 1 and count % parallel == 0, "its trees cannot be counted")
    info, starts = np.asarray(model["tree_info"]), np.asarray(model["iteration_indptr"])
    _require(info.shape == (count,) and not info.any(), "its trees belong to several outputs")
    _require(starts.shape == (count // parallel + 1,), "its rounds cannot be counted")
    _require(bool((starts == np.arange(0, count + 1, parallel)).all()), "its rounds cannot be counted")
    categories = model.get("cats", {})
    _require(not any(len(categories[name]) for name in categories), "it has categories")


def _check_tree(tree: dict[str, Any], features: int) -> None:
    shape = tree["tree_param"]
    nodes = int(shape["num_nodes"])
    _require(nodes > 0 and int(shape["num_feature"]) == features, "a tree is of another model")
    _require(int(shape["size_leaf_vector"]) in {0, 1}, "a tree has more than one output")
    for name, form in _PER_NODE.items():
        found = tree[name]
        fits = isinstance(found, np.ndarray) and found.dtype == np.dtype(form) and found.shape == (nodes,)
        _require(fits, f"a tree lacks some {name}")
    for name in ("categories", "categories_nodes", "categories_segments", "categories_sizes"):
        _require(len(tree[name]) == 0, "a tree splits on categories")
    left, right, feature = (tree[name].astype(np.int64) for name in ("left_children", "right_children", "split_indices"))
    inner = left != _LEAF
    _require(bool(((right == _LEAF) == ~inner).all()) and not tree["split_type"].any(), "a node splits in one direction only")
    known = (feature >= 0) & (feature < features)
    _require(bool((known | (~inner & (feature == _DELETED))).all()), "a tree splits on a feature that the model does not have")
    _require(int((feature == _DELETED).sum()) == int(shape["num_deleted"]), "a tree does not have the nodes it declares")
    children, above = np.concatenate([left[inner], right[inner]]), np.tile(np.flatnonzero(inner), 2)
    _require(bool(((children > 0) & (children < nodes)).all()), "a node leads out of its tree")
    # No node has two parents and the root has none, so that no walk from the root is endless.
    _require(np.unique(children).size == children.size, "two nodes lead to the same one")
    parents = tree["parents"].astype(np.int64)
    _require(int(parents[0]) == _NO_PARENT and bool((parents[children] == above).all()), "a node does not know its parent")


def _require(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ValueError(otherwise)

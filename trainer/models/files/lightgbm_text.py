"""LightGBM's model file, checked before LightGBM reads it: its reader follows wrong indices out of bounds and crashes.

Accepted is a model of one output and numeric splits, in which every line has a known form, every list has the length that its
tree declares, and every split refers to a feature of the model and to nodes of its own tree.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from trainer.errors import ArtifactError
from trainer.models.files.checked import write_checked

MAX_BYTES = 1 << 30
_FLOAT = r"-?(\d+(\.\d*)?([eE][+-]?\d+)?|inf|nan)"
_HEADER = {
    "version": r"v\d",
    "num_class": "1",
    "num_tree_per_iteration": "1",
    "label_index": r"\d{1,6}",
    "max_feature_idx": r"\d{1,7}",
    "objective": r"[a-z_0-9]+( [a-z_]+:[0-9.eE+-]+)*",
    "feature_names": r"[A-Za-z0-9_]+( [A-Za-z0-9_]+)*",
    "feature_infos": rf"(none|\[{_FLOAT}:{_FLOAT}\])( (none|\[{_FLOAT}:{_FLOAT}\]))*",
    "tree_sizes": r"\d{1,10}( \d{1,10})*",
}
_OPTIONAL = {"monotone_constraints": r"-?[01]( -?[01])*"}
_SPLITS = {
    "split_feature": int,
    "split_gain": float,
    "threshold": float,
    "decision_type": int,
    "left_child": int,
    "right_child": int,
}
_INNER = {"internal_value": float, "internal_weight": float, "internal_count": int}
_LEAVES = {"leaf_value": float, "leaf_weight": float, "leaf_count": int}
_SINGLE = {"num_leaves": r"\d{1,7}", "num_cat": "0", "is_linear": "0", "shrinkage": _FLOAT}
_TOKEN = {int: re.compile(r"-?\d{1,10}"), float: re.compile(_FLOAT)}
_CATEGORICAL = 1  # bit of a decision_type
_END = "end of trees"
# After the trees come importances and training parameters, which nothing here uses: they are replaced by this.
_TAIL = "\n\nparameters:\nend of parameters\n\npandas_categorical:null\n"


def import_lightgbm() -> Any:
    """Return the module lightgbm, its messages sent to Python's logging: by default it prints to stdout, which is for data."""
    import lightgbm

    lightgbm.register_logger(logging.getLogger("lightgbm"))
    return lightgbm


def write_text(model: Any, path: str) -> None:
    """Write a trained `lightgbm.Booster` as LightGBM's text, up to its best iteration.

    Raises:
        ValueError: the model is None: it was not trained.
        UsageError: `read_text` would refuse the file.
    """
    if model is None:
        raise ValueError("There is no model to save: call train first.")
    write_checked(model.model_to_string(num_iteration=model.best_iteration).encode(), path, checked_text)


def read_text(path: str) -> Any:
    """Return the `lightgbm.Booster` in a file of LightGBM's text.

    Raises:
        ArtifactError: the file is not a model that `checked_text` accepts.
    """
    lightgbm = import_lightgbm()
    file = Path(path)
    if file.stat().st_size > MAX_BYTES:
        raise ArtifactError(f"{path} is larger than 1 GiB, the limit for a LightGBM model.")
    text = checked_text(file.read_bytes(), path)
    try:
        return lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, ValueError, TypeError) as error:
        raise ArtifactError(f"{path} is not a model that LightGBM can read: {str(error).splitlines()[0][:200]}") from error


def checked_text(raw: bytes, path: str) -> str:
    """Return the text for LightGBM to read: the header and the trees as they stand, without what follows them.

    Args:
        raw: the whole file.
        path: what the error message calls it.

    Raises:
        ArtifactError: it is not a model with one output and numeric splits, consistent in itself.
    """
    try:
        text, end, _ = raw.decode("ascii").partition(f"\n{_END}")
        if not end:
            raise ValueError("the end of its trees is missing")  # noqa: TRY301
        start = text.index("\nTree=0\n") + 1
        declared = _checked_header(text[:start])
        sizes = [int(size) for size in declared["tree_sizes"].split()]
        whole = text + f"\n{_END}"
        for number, size in enumerate(sizes):
            _check_tree(number, whole[start : start + size], int(declared["max_feature_idx"]) + 1)
            start += size
        if whole[start:] != _END:
            raise ValueError("tree_sizes does not match the trees")  # noqa: TRY301
    except (ValueError, KeyError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)[:200]
        raise ArtifactError(f"{path} is not a model that LightGBM can read: {reason}.") from error
    return whole + _TAIL


def _checked_header(header: str) -> dict[str, str]:
    first, _, rest = header.partition("\n")
    if first != "tree":
        raise ValueError("it does not begin with 'tree'")
    fields = _fields(rest.replace("\naverage_output\n", "\n", 1))  # a random forest has this line
    if not set(_HEADER) <= set(fields) <= {*_HEADER, *_OPTIONAL}:
        raise ValueError("its header lacks a field or has an unknown one")
    for name, pattern in (_HEADER | {name: _OPTIONAL[name] for name in _OPTIONAL.keys() & fields.keys()}).items():
        if not re.fullmatch(pattern, fields[name]):
            raise ValueError(f"{name} is not that of a model with one output and numeric features")
    features = int(fields["max_feature_idx"]) + 1
    lists = ("feature_names", "feature_infos", *(_OPTIONAL.keys() & fields.keys()))
    if any(len(fields[name].split()) != features for name in lists):
        raise ValueError("a list of its header does not match the number of features")
    return fields


def _fields(block: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in block.split("\n") if line]
    fields = {name: value for name, _, value in pairs}
    if len(fields) != len(pairs) or not all(separator for _, separator, _ in pairs):
        raise ValueError("a line is not name=value, or repeats a name")
    return fields


def _check_tree(number: int, block: str, features: int) -> None:
    first, _, rest = block.partition("\n")
    fields = _fields(rest)
    if first != f"Tree={number}" or not block.endswith("\n") or not set(fields) <= {*_SINGLE, *_SPLITS, *_INNER, *_LEAVES}:
        raise ValueError(f"tree {number} does not match its size, or has an unknown field")
    for name, pattern in _SINGLE.items():
        if not re.fullmatch(pattern, fields.get(name, "0" if name == "is_linear" else "")):
            raise ValueError(f"{name} of tree {number} is not that of a tree with numeric splits")
    leaves = int(fields["num_leaves"])
    lists = {name: _numbers(fields[name], kind) for name, kind in (_SPLITS | _INNER | _LEAVES).items()}
    for name, values in lists.items():
        length = leaves if name in _LEAVES else leaves - 1
        # A tree without a split is one value, and its other lists may be empty.
        if leaves < 1 or not (len(values) == length or (leaves == 1 and name != "leaf_value" and not values)):
            raise ValueError(f"tree {number} has {len(values)} values of {name}, not {length}")
    if not all(0 <= feature < features for feature in lists["split_feature"]):
        raise ValueError(f"tree {number} splits on a feature that the model does not have")
    if not all(0 <= kind < 16 and not int(kind) & _CATEGORICAL for kind in lists["decision_type"]):
        raise ValueError(f"tree {number} has splits that are not numeric")
    for side in ("left_child", "right_child"):
        for node, child in enumerate(map(int, lists[side])):
            # A leaf is written as its complement; a node comes after its parent, so that no path from the root is endless.
            if not (node < child < leaves - 1 or 0 <= ~child < leaves):
                raise ValueError(f"a child of node {node} is not in tree {number}")


def _numbers(text: str, kind: type) -> list[float]:
    tokens = text.split(" ") if text else []
    if not all(_TOKEN[kind].fullmatch(token) for token in tokens):
        raise ValueError("a list holds something other than numbers")
    return [kind(token) for token in tokens]

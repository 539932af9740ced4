"""The file of LightGBM's trees, checked before LightGBM reads it: its reader follows wrong numbers out of bounds and crashes.

What passes is a model of one output and plain numeric splits in which every line is of a known form, every list has the
length that its tree declares, and every split points at one of the model's features and at nodes of its own tree.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trainer.errors import ArtifactError, UsageError
from trainer.models.boosting.plan import by_one_name, write_checked

MAX_BYTES = 1 << 30
UNCHECKED = {"linear_tree", "categorical_feature"}
_FLOAT = r"-?(\d+(\.\d*)?([eE][+-]?\d+)?|inf|nan)"
_HEAD = {
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
_MAY_SAY = {"monotone_constraints": r"-?[01]( -?[01])*"}
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
# What follows the trees is for people: importances, and the parameters that the model was trained with.
_TAIL = "\n\nparameters:\nend of parameters\n\npandas_categorical:null\n"


def library() -> Any:
    """Return LightGBM, what it says sent to Python's logging: left alone it prints to stdout, which is for data."""
    import lightgbm

    lightgbm.register_logger(logging.getLogger("lightgbm"))
    return lightgbm


def named(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters under LightGBM's first name for each.

    Raises:
        UsageError: LightGBM has no such parameter, it is given twice, or it grows trees that `read_text` cannot read back.
    """
    aliases = library().basic._ConfigAliases._get_all_param_aliases()
    first = {other: name for name, others in aliases.items() for other in (name, *others)}
    if unknown := sorted(set(parameters) - set(first)):
        raise UsageError(f"LightGBM has no parameter {', '.join(unknown)}.")
    found = by_one_name(parameters, first)
    for name in UNCHECKED & found.keys():
        if found[name]:
            raise UsageError(f"LightGBM's {name} is not supported: its files cannot be checked before they are read.")
    return found


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what LightGBM says of parameters that it cannot use into one sentence.

    Raises:
        UsageError: it refuses them.
    """
    try:
        yield
    except (library().basic.LightGBMError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"LightGBM refused its parameters: {str(error).splitlines()[0][:300]}") from error


def write_text(model: Any, path: str) -> None:
    """Write a Booster as LightGBM's text.

    Raises:
        UsageError: its parameters grew trees that `read_text` cannot check.
    """
    if model is None:
        raise ValueError("There is no model to save.")
    write_checked(model.model_to_string(num_iteration=model.best_iteration).encode(), path, checked_text)


def read_text(path: str) -> Any:
    """Return the Booster in a file of LightGBM's text.

    Raises:
        ArtifactError: the file is not one, or its trees point outside themselves.
    """
    lightgbm = library()
    file = Path(path)
    if file.stat().st_size > MAX_BYTES:
        raise ArtifactError(f"{path} is larger than any model that LightGBM writes here.")
    text = checked_text(file.read_bytes(), path)
    try:
        return lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, ValueError, TypeError) as error:
        raise ArtifactError(f"{path} is not a model that LightGBM can read: {str(error).splitlines()[0][:200]}") from error


def checked_text(raw: bytes, path: str) -> str:
    """Return the text to read: the head and the trees, as they stand.

    Raises:
        ArtifactError: it is no such text; the message names `path`.
    """
    try:
        text, found, _ = raw.decode("ascii").partition(f"\n{_END}")
        if not found:
            raise ValueError("its trees do not end")  # noqa: TRY301
        start = text.index("\nTree=0\n") + 1
        declared = _checked_head(text[:start])
        sizes = [int(size) for size in declared["tree_sizes"].split()]
        whole = text + f"\n{_END}"
        for number, size in enumerate(sizes):
            _check_tree(number, whole[start : start + size], int(declared["max_feature_idx"]) + 1)
            start += size
        if whole[start:] != _END:
            raise ValueError("its trees do not end where their sizes say")  # noqa: TRY301
    except (ValueError, KeyError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)[:200]
        raise ArtifactError(f"{path} is not a model that LightGBM can read: {reason}.") from error
    return whole + _TAIL


def _checked_head(head: str) -> dict[str, str]:
    first, _, rest = head.partition("\n")
    if first != "tree":
        raise ValueError("it does not begin with 'tree'")
    fields = _fields(rest.replace("\naverage_output\n", "\n", 1))  # random forests say so
    if not set(_HEAD) <= set(fields) <= {*_HEAD, *_MAY_SAY}:
        raise ValueError("its first lines are not those of a model")
    for name, pattern in (_HEAD | {name: _MAY_SAY[name] for name in _MAY_SAY.keys() & fields.keys()}).items():
        if not re.fullmatch(pattern, fields[name]):
            raise ValueError(f"{name} is not what a model of one output has")
    features = int(fields["max_feature_idx"]) + 1
    lists = ("feature_names", "feature_infos", *(_MAY_SAY.keys() & fields.keys()))
    if any(len(fields[name].split()) != features for name in lists):
        raise ValueError("it does not name the features that it declares")
    return fields


def _fields(block: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in block.split("\n") if line]
    fields = {name: value for name, _, value in pairs}
    if len(fields) != len(pairs) or not all(separator for _, separator, _ in pairs):
        raise ValueError("a line is no name=value, or stands there twice")
    return fields


def _check_tree(number: int, block: str, features: int) -> None:
    first, _, rest = block.partition("\n")
    fields = _fields(rest)
    if first != f"Tree={number}" or not block.endswith("\n") or not set(fields) <= {*_SINGLE, *_SPLITS, *_INNER, *_LEAVES}:
        raise ValueError(f"tree {number} is not where its size says")
    for name, pattern in _SINGLE.items():
        if not re.fullmatch(pattern, fields.get(name, "0" if name == "is_linear" else "")):
            raise ValueError(f"{name} of tree {number} is not that of plain numeric splits")
    leaves = int(fields["num_leaves"])
    lists = {name: _numbers(fields[name], kind) for name, kind in (_SPLITS | _INNER | _LEAVES).items()}
    for name, values in lists.items():
        length = leaves if name in _LEAVES else leaves - 1
        # A tree that did not grow is its one value, and may have nothing else.
        if leaves < 1 or not (len(values) == length or (leaves == 1 and name != "leaf_value" and not values)):
            raise ValueError(f"tree {number} has {len(values)} values as {name}, not {length}")
    if not all(0 <= feature < features for feature in lists["split_feature"]):
        raise ValueError(f"tree {number} splits on a feature that the model does not have")
    if not all(0 <= kind < 16 and not int(kind) & _CATEGORICAL for kind in lists["decision_type"]):
        raise ValueError(f"tree {number} has splits that are not numeric")
    for side in ("left_child", "right_child"):
        for node, child in enumerate(map(int, lists[side])):
            # A leaf is written as its complement; a node always comes after its parent, so that no walk is endless.
            if not (node < child < leaves - 1 or 0 <= ~child < leaves):
                raise ValueError(f"node {node} of tree {number} leads out of the tree")


def _numbers(text: str, kind: type) -> list[float]:
    tokens = text.split(" ") if text else []
    if not all(_TOKEN[kind].fullmatch(token) for token in tokens):
        raise ValueError("a list holds something else than numbers")
    return [kind(token) for token in tokens]

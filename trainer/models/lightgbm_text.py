"""Checks LightGBM's text before LightGBM reads it: its reader trusts the numbers and follows them out of bounds."""

from __future__ import annotations

import re

from trainer.errors import ArtifactError

MAX_BYTES = 1 << 30
_NUMBERS = re.compile(r"^[0-9eE+\-. infa]*$")  # also inf and nan


def checked_text(raw: bytes, path: str) -> str:
    """Return the text of a model of plain trees, each of which points only at its own nodes and at the model's features.

    Raises:
        ArtifactError: it is no such text; the message names `path`.
    """
    try:
        text = raw.decode("ascii")
        head, *trees = text.split("\nTree=")
        declared = _fields(head)
        if not head.startswith("tree\n") or declared["num_class"] != "1" or declared["num_tree_per_iteration"] != "1":
            raise ValueError("its first lines are not those of a model with one output")  # noqa: TRY301
        features = int(declared["max_feature_idx"]) + 1
        if len(declared["tree_sizes"].split()) != len(trees) or not trees:
            raise ValueError("it does not have the trees it declares")  # noqa: TRY301
        _check_sizes(text, [int(size) for size in declared["tree_sizes"].split()])
        for number, tree in enumerate(trees):
            _check_tree(number, _fields(tree.split("\nend of trees")[0]), features)
    except (ValueError, KeyError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)[:200]
        raise ArtifactError(f"{path} is not a model that LightGBM can read: {reason}.") from error
    return text


def _fields(block: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in block.splitlines() if "=" in line]
    fields = {name: value for name, _, value in pairs}
    if len(fields) != len(pairs):
        raise ValueError("a field stands there twice")
    return fields


def _check_sizes(text: str, sizes: list[int]) -> None:
    """Each tree must start where the sizes (bytes) say, as the reader goes there without looking."""
    start = text.index("\nTree=0\n") + 1
    for number, size in enumerate(sizes):
        if size < 1 or not text.startswith(f"Tree={number}\n", start):
            raise ValueError(f"tree {number} is not where its size says")
        start += size
    if not text.startswith("end of trees", start):
        raise ValueError("its trees do not end where their sizes say")


def _check_tree(number: int, tree: dict[str, str], features: int) -> None:
    leaves = int(tree["num_leaves"])
    if leaves < 1 or tree["num_cat"] != "0" or tree.get("is_linear", "0") != "0":
        raise ValueError(f"tree {number} is none of plain numeric splits")
    wanted = {"leaf_value": leaves}
    if leaves > 1:
        wanted |= dict.fromkeys(("split_feature", "threshold", "decision_type", "left_child", "right_child"), leaves - 1)
    for name, count in wanted.items():
        if len(tree[name].split()) != count or not _NUMBERS.match(tree[name]):
            raise ValueError(f"tree {number} does not have {count} numbers as {name}")
    if leaves == 1:
        return
    if not all(0 <= int(feature) < features for feature in tree["split_feature"].split()):
        raise ValueError(f"tree {number} splits on a feature that the model does not have")
    for side in ("left_child", "right_child"):
        for node, child in enumerate(map(int, tree[side].split())):
            # A leaf is written as its complement; a node always comes after its parent, so that no walk is endless.
            if not (node < child < leaves - 1 or 0 <= ~child < leaves):
                raise ValueError(f"node {node} of tree {number} leads out of the tree")

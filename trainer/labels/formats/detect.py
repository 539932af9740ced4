"""Detects the format of a label list: every registered format is asked whether it recognises the file."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError, UsageError, did_you_mean, user_code
from trainer.labels.formats.base import LabelFormat
from trainer.labels.formats.seen import describe
from trainer.uploads import read_head

if TYPE_CHECKING:
    import pandas as pd

ENTRY_POINT_GROUP = "trainer.label_formats"
AUTO = "auto"
HEAD_BYTES = 65_536


def formats() -> dict[str, LabelFormat]:
    """Return the registered formats by name."""
    points = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)
    return {point.name: point.load() for point in points}


def choose(path: Path, name: str = AUTO, own: bool = False) -> LabelFormat:
    """Return the format of a file: the one named, or with `auto` the one that recognises it.

    A publisher's format takes precedence over the user's own tables, whose shape is less specific; it recognises a file only
    by all the marks of its publisher.

    Args:
        own: consider only formats of the user's own tables.

    Raises:
        UsageError: there is no such format, or it is a publisher's and `own` is set.
        BadInputError: the file does not exist or is empty, or not exactly one format recognises it; the message says what
            the file holds and lists the formats.
    """
    known = formats()
    if name != AUTO and name not in known:
        raise UsageError(f"There is no label format '{name}'{did_you_mean(name, known)}; there are: {', '.join(known)}.")
    head = read_head(path, HEAD_BYTES)
    if own:
        known = {key: one for key, one in known.items() if not one.publisher}
        if name not in {AUTO, *known}:
            raise UsageError(f"--map is for {', '.join(known)}; the columns of format '{name}' are fixed by its publisher.")
    if name != AUTO:
        return known[name]
    matching = [one for one in known.values() if _recognises(one, path, head)]
    candidates = [one for one in matching if one.publisher] or matching
    if len(candidates) == 1:
        return candidates[0]
    names = f"give --format, one of: {', '.join(known)}."
    if candidates:
        raise BadInputError(f"{path}: it could be {' or '.join(one.name for one in candidates)}; {names}")
    raise BadInputError(f"{path}: {describe(path, known)}, or {names}")


def _recognises(one: LabelFormat, path: Path, head: bytes) -> bool:
    with user_code(one.recognises, on=str(path)):
        return one.recognises(path, head)


def read_labels(path: Path, name: str = AUTO) -> pd.DataFrame:
    """Return the rows of a label list as text, in the columns of its format (see `LabelFormat.read`).

    Raises:
        UsageError: as for `choose`.
        BadInputError: as for `choose` and `LabelFormat.load`.
    """
    return choose(path, name).load(path)

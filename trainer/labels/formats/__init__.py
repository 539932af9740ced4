"""Readers of label lists, one file a format, registered by entry point (group `trainer.label_formats`)."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError, UsageError, user_code
from trainer.labels.formats.base import LabelFormat

__all__ = ["AUTO", "ENTRY_POINT_GROUP", "LabelFormat", "choose", "formats", "read_labels"]

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

    A publisher's format goes before the tables of the user's own, whose shape is looser. `own` leaves only the latter.

    Raises:
        UsageError: there is no such format, or it is a publisher's and `own` was asked for.
        BadInputError: the file does not exist, or no format or more than one recognises it.
    """
    known = formats()
    if name != AUTO and name not in known:
        raise UsageError(f"There is no label format '{name}'; there are: {', '.join(known)}.")
    if not path.is_file():
        raise BadInputError(f"There is no file {path}.")
    if own:
        known = {key: one for key, one in known.items() if not one.publisher}
        if name not in {AUTO, *known}:
            raise UsageError(f"--map is for {', '.join(known)}; the columns of format '{name}' are its publisher's.")
    if name != AUTO:
        return known[name]
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error
    fitting = [one for one in known.values() if _recognises(one, path, head)]
    published = [one for one in fitting if one.publisher]
    found = published or fitting
    if len(found) == 1:
        return found[0]
    reason = (
        f"it could be {' or '.join(one.name for one in found)}"
        if found
        else f"no label format recognises this '{path.suffix}' file"
    )
    raise BadInputError(f"{path}: {reason}; give --format, one of: {', '.join(known)}.")


def _recognises(one: LabelFormat, path: Path, head: bytes) -> bool:
    with user_code(one.recognises, on=str(path)):
        return one.recognises(path, head)


def read_labels(path: Path, name: str = AUTO) -> pd.DataFrame:
    """Return the rows of a label list as text.

    Raises:
        UsageError, BadInputError: as `choose` and `LabelFormat.load` do.
    """
    return choose(path, name).load(path)

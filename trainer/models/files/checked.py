"""Writes a model's file after the check that guards its reading, so that nothing is saved that cannot be loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer.errors import ArtifactError, UsageError


def write_checked(raw: bytes, path: str, check: Callable[[bytes, str], Any]) -> None:
    """Write `raw` to `path` if `check` accepts it.

    Args:
        raw: the whole file.
        path: where to write.
        check: called with the bytes and what to call them in an error; raises ArtifactError to refuse them.

    Raises:
        UsageError: the check refuses the bytes: the model was trained with parameters whose models cannot be loaded.
    """
    try:
        check(raw, "the trained model")
    except ArtifactError as error:
        raise UsageError(f"A model with these parameters cannot be saved, as it could not be loaded again: {error}") from error
    Path(path).write_bytes(raw)

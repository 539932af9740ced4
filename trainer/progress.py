"""How long work reports its progress: a function of (what, done, total), total 0 where it is unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Progress: TypeAlias = Callable[[str, int, int], None]


@contextmanager
def step(progress: Progress | None, what: str) -> Iterator[None]:
    """Report that a step without a measure of its progress is under way while the block runs.

    Args:
        progress: None reports nothing.
        what: what is done, such as `reading features and labels`.
    """
    if progress is None:
        yield
        return
    progress(what, 0, 0)
    try:
        yield
    finally:
        progress(what, 1, 1)

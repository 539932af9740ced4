"""Under which name a fetched file is known: its URL, in messages, in results and in the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from trainer.errors import TrainerError

_FETCHED: ContextVar[tuple[tuple[Path, str], ...]] = ContextVar("fetched", default=())


@contextmanager
def known_as(local: Path, shown: str) -> Iterator[None]:
    """Within the block, `name_of` and the messages of errors have `shown` for a local file or folder, and for what is in it."""
    token = _FETCHED.set((*_FETCHED.get(), (local, shown)))
    try:
        yield
    except TrainerError as error:
        error.args = tuple(_renamed(str(one), local, shown) for one in error.args)
        raise
    finally:
        _FETCHED.reset(token)


def name_of(path: Path) -> str:
    """Return the URL that a local file was fetched from, or its path if it was not fetched."""
    for local, shown in _FETCHED.get():
        if path.is_relative_to(local):
            return _renamed(str(path), local, shown)
    return str(path)


def _renamed(text: str, local: Path, shown: str) -> str:
    return text.replace(str(local), shown.rstrip("/"))

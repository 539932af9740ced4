"""Reads ahead: another thread makes the next item while this one works on the last."""

from __future__ import annotations

import threading
from collections.abc import Generator
from queue import Full, Queue
from typing import TypeVar

T = TypeVar("T")
_WAIT_SECONDS = 0.1


def ahead(items: Generator[T, None, None]) -> Generator[T, None, None]:
    """Yield the items, each made by another thread while the one before is worked on; up to three are in memory.

    They are made and closed in that thread. An exception that making one raises is raised here.
    """
    made: Queue[tuple[T] | BaseException | None] = Queue(maxsize=1)
    is_left = threading.Event()

    def put(one: tuple[T] | BaseException | None) -> None:
        while not is_left.is_set():
            try:
                made.put(one, timeout=_WAIT_SECONDS)
            except Full:
                continue
            return

    def make() -> None:
        try:
            for item in items:
                put((item,))
                if is_left.is_set():
                    break
            items.close()
        except BaseException as error:  # to be raised where the items are wanted
            put(error)
        put(None)

    maker = threading.Thread(target=make, name="ahead", daemon=True)
    maker.start()
    try:
        while (one := made.get()) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one[0]
    finally:
        is_left.set()
        maker.join()

"""How a command changes the warehouse: alone, and so that a change of several partitions is known to be whole."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from trainer.warehouse.builds import FINISHED, LOAD, STARTED, mark, unfinished
from trainer.warehouse.lease import Lease, acquired_lease
from trainer.warehouse.old_parts import is_embedded
from trainer.warehouse.side_tables import drop_leftovers

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

P = ParamSpec("P")
R = TypeVar("R")
_ATTRIBUTE = "_trainer_writer"


@dataclass
class _Writer:
    """What a client holds while it writes, `depth` times over. An embedded warehouse needs no lease: one process has it open."""

    lease: Lease | None
    depth: int = 0
    load: str = ""
    is_marked: bool = False


@contextmanager
def writing(client: Client) -> Iterator[None]:
    """Be the only one who changes tables of the warehouse while the block runs; it may be nested.

    Raises:
        WarehouseError: another writer is at it for longer than a minute; the message says who.
    """
    writer: _Writer | None = getattr(client, _ATTRIBUTE, None)
    if writer is None:
        writer = _Writer(None if is_embedded(client) else acquired_lease(client))
        setattr(client, _ATTRIBUTE, writer)
    writer.depth += 1
    try:
        if writer.depth == 1:
            drop_leftovers(client)
        yield
    finally:
        writer.depth -= 1
        if not writer.depth:
            delattr(client, _ATTRIBUTE)
            if writer.lease is not None:
                writer.lease.give_back()


def exclusive(function: Callable[Concatenate[Client, P], R]) -> Callable[Concatenate[Client, P], R]:
    """Decorate a function that changes the warehouse: it runs while no other writer does, see `writing`."""

    def alone(client: Client, /, *arguments: P.args, **options: P.kwargs) -> R:
        with writing(client):
            return function(client, *arguments, **options)

    functools.update_wrapper(alone, function)
    return alone


@contextmanager
def load(client: Client, name: str) -> Iterator[None]:
    """Mark what the block changes as one load: if it is killed half-way, readers refuse to go on until it has run to its end.

    Args:
        name: what is run again then, such as "`trainer ingest` of torus 2025-08-01 90".
    """
    with writing(client):
        writer: _Writer = getattr(client, _ATTRIBUTE)
        writer.load, writer.is_marked = name, False
        try:
            yield
            if writer.is_marked or was_interrupted(client, name):
                mark(client, LOAD + name, FINISHED)
        finally:
            writer.load = ""


def was_interrupted(client: Client, name: str) -> bool:
    """Return whether a load of that name was killed before its end."""
    return bool(unfinished(client, LOAD + name))


def before_change(client: Client) -> None:
    """Call this right before a change becomes visible: marks the load as started, and makes sure that no one else writes.

    Raises:
        WarehouseError: another writer took over, because this process gave no sign of life for too long.
    """
    writer: _Writer | None = getattr(client, _ATTRIBUTE, None)
    if writer is None:
        return
    if writer.lease is not None:
        writer.lease.require()
    if writer.load and not writer.is_marked:
        mark(client, LOAD + writer.load, STARTED)
        writer.is_marked = True

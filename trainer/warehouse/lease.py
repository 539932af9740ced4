"""One writer at a time on a server: a change computed from what was read must not undo what another has written since.

ClickHouse has no transactions, but creating a table succeeds once. The lease is the table `trainer_lease_<n>` of the highest
number n: its comment says who holds it and when they last gave a sign of life, by the server's clock, or that it is free. Who
wants a free lease, or one whose holder is silent, creates number n + 1. An embedded warehouse is open in one process anyway.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from trainer.errors import WarehouseError
from trainer.warehouse.old_parts import is_embedded
from trainer.warehouse.side_tables import drop_leftovers

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

PREFIX = "trainer_lease_"
SILENT_SECONDS = 30
"""After this time without a sign of life a holder counts as dead."""
BEAT_SECONDS = 5
WAIT_SECONDS = 60
"""How long a writer waits for another one."""
_ATTRIBUTE = "_trainer_lease"


@dataclass
class _Lease:
    """What a client holds while it writes, `depth` times over; `number` is 0 for an embedded warehouse, which needs no lease."""

    client: Client
    number: int
    depth: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def table(self) -> str:
        return f"{PREFIX}{self.number}"

    def beat(self) -> None:
        """Give a sign of life every few seconds until the lease is given back."""
        while not self.ended.wait(BEAT_SECONDS):
            try:
                self.client.command(_comment(self.table, is_held=True, now=_now(self.client)))
            except WarehouseError:
                continue  # the writer itself will notice


@contextmanager
def writing(client: Client) -> Iterator[None]:
    """Hold the right to change tables of the warehouse while the block runs; it may be nested.

    Raises:
        WarehouseError: another writer holds it for longer than a minute; the message says who.
    """
    held: _Lease | None = getattr(client, _ATTRIBUTE, None)
    if held is None:
        held = _Lease(client, 0 if is_embedded(client) else _acquired(client))
        setattr(client, _ATTRIBUTE, held)
        if held.number:
            threading.Thread(target=held.beat, name="lease", daemon=True).start()
    held.depth += 1
    try:
        if held.depth == 1:
            drop_leftovers(client)
        yield
    finally:
        held.depth -= 1
        if not held.depth:
            held.ended.set()
            delattr(client, _ATTRIBUTE)
            if held.number:
                client.command(_comment(held.table, is_held=False, now=0))


P = ParamSpec("P")
R = TypeVar("R")


def exclusive(function: Callable[Concatenate[Client, P], R]) -> Callable[Concatenate[Client, P], R]:
    """Decorate a function that changes the warehouse: it runs while no other writer does, see `writing`."""

    def alone(client: Client, /, *arguments: P.args, **options: P.kwargs) -> R:
        with writing(client):
            return function(client, *arguments, **options)

    functools.update_wrapper(alone, function)
    return alone


def require_lease(client: Client) -> None:
    """Check, right before a change becomes visible, that no other writer has taken the lease over.

    Raises:
        WarehouseError: one has, because this process was silent for too long.
    """
    held: _Lease | None = getattr(client, _ATTRIBUTE, None)
    if held is not None and held.number and (newest := _newest(client)) is not None and newest[0] != held.number:
        raise WarehouseError(
            f"Another writer took over, because this one gave no sign of life for {SILENT_SECONDS} seconds; nothing was changed: "
            "run the command again."
        )


def _acquired(client: Client) -> int:
    """Wait for the lease and return its number."""
    last = time.monotonic() + WAIT_SECONDS
    while True:
        newest = _newest(client)
        number = 1 if newest is None else newest[0] + 1
        holder = None if newest is None else newest[1]
        if holder is None and _created(client, number):
            return number
        if time.monotonic() > last:
            raise WarehouseError(
                f"{holder or 'Another writer'} is changing this warehouse; wait for it, or stop it, and run the command again."
            )
        time.sleep(0.05 + 0.1 * (os.getpid() % 7) / 7)


def _created(client: Client, number: int) -> bool:
    """Create lease `number`; return whether this process, and no other one, holds the newest lease now."""
    from clickhouse_connect.driver.exceptions import DatabaseError

    table = f"{PREFIX}{number}"
    try:
        client.command(f"CREATE TABLE {table} (nothing UInt8) ENGINE = Null COMMENT '{_sign(is_held=True, now=_now(client))}'")
    except DatabaseError as error:
        if "TABLE_ALREADY_EXISTS" in str(error):
            return False
        raise
    older = [name for name in _leases(client) if name != table]
    if any(_number(name) > number for name in older):  # this process has slept since it looked
        client.command(f"DROP TABLE IF EXISTS {table} SYNC")
        return False
    for name in older:
        client.command(f"DROP TABLE IF EXISTS {name} SYNC")
    return True


def _newest(client: Client) -> tuple[int, str | None] | None:
    """Return number and living holder of the newest lease, the holder None if it is free; None if there is no lease yet."""
    leases = _leases(client)
    if not leases:
        return None
    name = max(leases, key=_number)
    try:
        sign: dict[str, Any] = json.loads(leases[name])
        alive = sign["is_held"] and _now(client) - sign["now"] <= SILENT_SECONDS
        return _number(name), f"{sign['holder']}" if alive else None
    except (ValueError, KeyError, TypeError):
        return _number(name), None


def _leases(client: Client) -> dict[str, str]:
    query = "SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND match(name, {pattern:String})"
    return dict(client.query(query, parameters={"pattern": f"^{PREFIX}[0-9]+$"}).result_rows)


def _number(name: str) -> int:
    return int(name.removeprefix(PREFIX))


def _now(client: Client) -> int:
    return int(client.query("SELECT toUnixTimestamp(now())").result_rows[0][0])


def _sign(*, is_held: bool, now: int) -> str:
    holder = f"Process {os.getpid()} on {socket.gethostname()}"
    return json.dumps({"is_held": is_held, "now": now, "holder": holder}).replace("\\", "\\\\").replace("'", "\\'")


def _comment(table: str, *, is_held: bool, now: int) -> str:
    return f"ALTER TABLE {table} MODIFY COMMENT '{_sign(is_held=is_held, now=now)}'"

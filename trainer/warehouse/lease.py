"""One writer at a time on a server: a change computed from what was read must not undo what another has written since.

ClickHouse has no transactions, but creating a table succeeds once. The lease is the table `trainer_lease_<n>` of the highest
number n: its comment says who holds it and when they last gave a sign of life, by the server's clock, or that it is free. Who
wants a free lease, or one whose holder is silent, creates number n + 1. An embedded warehouse is open in one process anyway.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainer.errors import WarehouseError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

PREFIX = "trainer_lease_"
SILENT_SECONDS = 30
"""After this time without a sign of life a holder counts as dead."""
BEAT_SECONDS = 5
WAIT_SECONDS = 60
"""How long a writer waits for another one."""
_TOKENS: set[str] = set()  # of the leases that this process holds or waits for


@dataclass
class Lease:
    """A lease that this process holds."""

    client: Client
    number: int
    token: str
    _ended: threading.Event = field(default_factory=threading.Event)
    _beats: threading.Thread | None = None

    @property
    def table(self) -> str:
        """Name of the lease's table."""
        return f"{PREFIX}{self.number}"

    def keep(self) -> None:
        """Give a sign of life every few seconds from now on, in a thread of its own."""
        self._beats = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._beats.start()

    def require(self) -> None:
        """Check that no other writer has taken the lease over.

        Raises:
            WarehouseError: one has, because this process was silent for too long.
        """
        newest = _newest(self.client)
        if newest is not None and newest[0] != self.number:
            raise WarehouseError(
                f"Another writer took over, because this one gave no sign of life for {SILENT_SECONDS} s; run the command again."
            )

    def give_back(self) -> None:
        """Let the next writer have it."""
        _TOKENS.discard(self.token)
        self._ended.set()
        if self._beats is not None:
            self._beats.join()
        self.client.command(f"ALTER TABLE {self.table} MODIFY COMMENT '{_sign(self.token, is_held=False, now=0)}'")

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                sign = _sign(self.token, is_held=True, now=_now(self.client))
                self.client.command(f"ALTER TABLE {self.table} MODIFY COMMENT '{sign}'")
            except WarehouseError:
                continue  # the writer itself will notice


def acquired_lease(client: Client) -> Lease:
    """Wait for the lease and return it.

    Raises:
        WarehouseError: another writer holds it for longer than a minute.
    """
    token = uuid.uuid4().hex
    _TOKENS.add(token)
    try:
        lease = Lease(client, _acquired(client, token), token)
    except BaseException:
        _TOKENS.discard(token)
        raise
    lease.keep()
    return lease


def _acquired(client: Client, token: str) -> int:
    """Wait for the lease and return its number."""
    last = time.monotonic() + WAIT_SECONDS
    while True:
        newest = _newest(client)
        number = 1 if newest is None else newest[0] + 1
        holder = None if newest is None else newest[1]
        if holder is None and _created(client, number, token):
            return number
        if time.monotonic() > last:
            raise WarehouseError(
                f"{holder or 'Another writer'} is changing this warehouse; wait for it, or stop it, and run the command again."
            )
        time.sleep(0.05 + 0.1 * (os.getpid() % 7) / 7)


def _created(client: Client, number: int, token: str) -> bool:
    """Create lease `number`; return whether this process, and no other one, holds the newest lease now."""
    from clickhouse_connect.driver.exceptions import DatabaseError

    table = f"{PREFIX}{number}"
    try:
        client.command(
            f"CREATE TABLE {table} (nothing UInt8) ENGINE = Null COMMENT '{_sign(token, is_held=True, now=_now(client))}'"
        )
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
        is_alive = sign["is_held"] and _now(client) - sign["now"] <= SILENT_SECONDS and not _is_gone(sign)
        return _number(name), f"Process {sign['pid']} on {sign['host']}" if is_alive else None
    except (ValueError, KeyError, TypeError):
        return _number(name), None


def _leases(client: Client) -> dict[str, str]:
    query = "SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND match(name, {pattern:String})"
    return dict(client.query(query, parameters={"pattern": f"^{PREFIX}[0-9]+$"}).result_rows)


def _number(name: str) -> int:
    return int(name.removeprefix(PREFIX))


def _now(client: Client) -> int:
    return int(client.query("SELECT toUnixTimestamp(now())").result_rows[0][0])


def _is_gone(sign: dict[str, Any]) -> bool:
    """Whether the holder was a process of this machine that has ended, or an earlier writer of this process."""
    if sign["host"] != socket.gethostname():
        return False
    if sign["pid"] == os.getpid():
        return sign["token"] not in _TOKENS
    try:
        os.kill(sign["pid"], 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is another user's
        return False
    return False


def _sign(token: str, *, is_held: bool, now: int) -> str:
    """Return the text that says who holds a lease, ready to stand in single quotes in SQL."""
    sign = {"is_held": is_held, "now": now, "host": socket.gethostname(), "pid": os.getpid(), "token": token}
    return json.dumps(sign).replace("\\", "\\\\").replace("'", "\\'")

"""Several writers on one server: no acknowledged row is lost, the second waits or says who is at it, and a dead one is no obstacle."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.standing import listed, rows
from tests.support.warehouse import Bridge
from trainer import connect
from trainer.errors import WarehouseError
from trainer.labels.add import add_labels
from trainer.warehouse import create_tables, lease, old_parts
from trainer.warehouse.writing import writing


@pytest.fixture
def server(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {
        "TRAINER_TARGET": "server",
        "TRAINER_DATABASE": "writers",
        "CLICKHOUSE_HOST": bridge.host,
        "CLICKHOUSE_PORT": str(bridge.port),
        "CLICKHOUSE_USER": bridge.user,
        "CLICKHOUSE_PASSWORD": bridge.password,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with connect() as client:
        create_tables(client)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("writers", [2, 4])
def test_no_acknowledged_row_is_lost(writers: int, tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def write(number: int) -> None:
        try:
            file = listed(tmp_path / f"{number}.txt", [f"0x{number * 10 + i:040x}" for i in range(5)])
            with connect() as client:
                add_labels(client, file, network="ethereum", source=f"{writers} writers", risk_level="high")
        except BaseException as error:
            failed.append(error)

    for first in (0, writers):
        threads = [threading.Thread(target=write, args=(number,)) for number in range(first, first + writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    query = "SELECT count() FROM raw_standing_labels FINAL WHERE source = {source:String}"
    assert rows(query, source=f"{writers} writers") == [10 * writers]
    assert rows("SELECT count() FROM system.tables WHERE database = currentDatabase() AND position(name, '__loading_') > 0") == [
        0
    ]


@pytest.mark.usefixtures("server")
def test_a_second_writer_says_who_the_first_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "WAIT_SECONDS", 0.2)
    said = r"Process \d+ on .* is changing this warehouse; wait for it"
    with connect() as first, connect() as second:
        with writing(first), pytest.raises(WarehouseError, match=said), writing(second):
            pass
        with writing(second):
            pass


def held_by(client: Any, **sign: object) -> None:
    """Make the newest lease one of another writer."""
    text = json.dumps({"is_held": True, "now": 2**31, "host": "elsewhere", "pid": 1, "token": "t"} | sign)
    name = max(lease._leases(client), key=lease._number)
    client.command(f"ALTER TABLE {name} MODIFY COMMENT '{text}'")


@pytest.mark.usefixtures("server")
def test_a_writer_that_is_dead_or_silent_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "WAIT_SECONDS", 0.2)
    with connect() as client:
        with writing(client):
            pass
        held_by(client)
        with pytest.raises(WarehouseError, match="Process 1 on elsewhere is changing"), writing(client):
            pass
        held_by(client, now=1)  # silent since 1970
        with writing(client):
            pass
        held_by(client, host=socket.gethostname(), pid=2**22 + 1)  # there is no such process
        with writing(client):
            pass


@pytest.mark.usefixtures("server")
def test_who_lost_the_lease_changes_nothing(tmp_path: Path) -> None:
    file = listed(tmp_path / "late.txt", [f"0x{i:040x}" for i in range(5)])
    with connect() as client, connect() as other:
        with writing(client):
            newest = max(map(lease._number, lease._leases(other)))
            other.command(f"CREATE TABLE {lease.PREFIX}{newest + 1} (nothing UInt8) ENGINE = Null")
            with pytest.raises(WarehouseError, match="Another writer took over"):
                add_labels(client, file, network="ethereum", source="late", risk_level="high")
        assert rows("SELECT count() FROM raw_standing_labels WHERE source = 'late'") == [0]


def test_replaced_rows_do_not_let_the_folder_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "own"))
    monkeypatch.setenv("TRAINER_TARGET", "embedded")
    monkeypatch.setattr(old_parts, "LIFETIME_SECONDS", 0)
    file = listed(tmp_path / "a.txt", [f"0x{i:040x}" for i in range(5000)])
    sizes = []
    with connect() as client:
        for number in range(10):
            add_labels(client, file, network="ethereum", source="grow", risk_level=("high", "low")[number % 2])
            path = "SELECT sum(bytes_on_disk), countIf(NOT active) FROM system.parts WHERE table = 'raw_standing_labels'"
            sizes.append(client.query(path).result_rows[0])
    assert sizes[-1][0] <= 1.2 * sizes[0][0] and sizes[-1][1] <= 2
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700

"""What a user sees when the warehouse fails after connecting: one sentence, exit code 4, and the next run is right."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.fault_proxy import KINDS, FaultProxy, fault_proxy
from tests.support.standing import listed
from tests.support.warehouse import DATES, ROOT, WINDOW, Bridge, Called
from trainer import connect
from trainer.cli import data
from trainer.errors import WarehouseError
from trainer.simulate import simulate
from trainer.warehouse import create_tables, failures

SENTENCE = re.compile(r"trainer: The ClickHouse server at 127\.0\.0\.1:\d+ .*[.?]\n", re.DOTALL)


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("faults")
    return simulate(root, alerts=200, dates=DATES[:1], window_days=WINDOW, network="faultnet", seed=2).root / "snapshots"


@pytest.fixture(scope="module")
def proxy(bridge: Bridge) -> Iterator[FaultProxy]:
    with fault_proxy(bridge.port) as running:
        yield running


@pytest.fixture
def behind(
    bridge: Bridge, proxy: FaultProxy, call: Callable[..., Called], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Called]:
    """Run the command line on the server behind the proxy; the seeds are no part of it."""
    environment = {
        "TRAINER_TARGET": "server",
        "TRAINER_DATABASE": "faults",
        "CLICKHOUSE_HOST": "127.0.0.1",
        "CLICKHOUSE_PORT": str(proxy.server_address[1]),
        "CLICKHOUSE_USER": bridge.user,
        "CLICKHOUSE_PASSWORD": bridge.password,
        "CLICKHOUSE_TIMEOUT": "1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(failures, "PAUSES", (0.01, 0.02))
    monkeypatch.setattr(data, "prepare", lambda target: None)
    monkeypatch.setattr("trainer.cli.labels.prepare", lambda target: None)
    proxy.arm("", 0)
    with connect() as opened:
        create_tables(opened)
    return call


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", ["labels add", "models list"])
def test_a_server_that_fails_is_one_sentence(
    verb: str, kind: str, behind: Callable[..., Called], proxy: FaultProxy, tmp_path: Path
) -> None:
    file = listed(tmp_path / "list.txt", [f"0x{i:040x}" for i in range(20)])
    own = ("--network", "faultnet", "--risk-level", "high", "--source", f"{verb} {kind}")
    command = [*verb.split(), *((file, *own) if verb == "labels add" else ()), "--json"]
    proxy.arm("", 0)
    right = behind(*command)
    assert right.code == 0, right.err
    for at in (proxy.requests // 2,):
        for repeated in (False, True):
            proxy.arm(kind, at, repeated=repeated)
            done = behind(*command)
            # A read that was repeated got its answer; a list that is added again needs fewer requests.
            assert done.code == 4 or (done.code == 0 and (not repeated or proxy.requests < at)), (at, done)
            assert done.code == 0 or SENTENCE.fullmatch(done.err.splitlines(keepends=True)[-1]), (at, done)
            if kind == "stall":  # never repeated
                break
    proxy.arm("", 0)
    again = behind(*command)
    assert again.code == 0, again.err
    if verb == "labels add":
        assert json.loads(again.out)["present"] == 20


def test_a_read_is_repeated_and_a_statement_that_is_wrong_is_the_callers(
    behind: Callable[..., Called], proxy: FaultProxy
) -> None:
    with connect() as opened:
        for kind in set(KINDS) - {"stall"}:
            proxy.arm(kind, 1)
            assert opened.query("SELECT 1").result_rows == [(1,)] and proxy.requests > 1
            proxy.arm(kind, 1)
            if kind == "garbage":  # the answer to a statement without rows says nothing that is read
                continue
            with pytest.raises(WarehouseError):
                opened.command("CREATE TABLE IF NOT EXISTS once (x UInt8) ENGINE = Null")
            assert proxy.requests <= 3  # never repeated by the trainer; what the driver knows was not received, it sends again
        proxy.arm("stall", 1)
        with pytest.raises(WarehouseError, match="did not answer in time"):
            opened.query("SELECT 1")
        proxy.arm("", 0)
        with pytest.raises(Exception, match="nowhere") as raised:
            opened.query("SELECT nowhere")
        assert raised.type.__name__ == "DatabaseError"


# ---- the disk -------------------------------------------------------------------------------------------------------


def confined(script: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a mount namespace of its own; `trainer` in it is this one."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine allows no mount namespace, so no full or read-only disk can be made")
    trainer = f'trainer() {{ "{sys.executable}" -m trainer "$@"; }}\n'
    env = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(
        ["unshare", "-rm", "bash", "-c", trainer + script],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_full_disk_is_one_sentence(tmp_path: Path, snapshots: Path) -> None:
    script = f"""
        mkdir wh && mount -t tmpfs -o size=6m tmpfs wh && export TRAINER_WAREHOUSE=$PWD/wh
        python() {{ "{sys.executable}" "$@"; }}
        python -c "from trainer import connect; from trainer.warehouse import create_tables
with connect() as client: create_tables(client)" || exit 1
        head -c 20M /dev/zero > wh/filler 2>/dev/null
        trainer ingest {snapshots}; echo "rc=$?"
        dd if=/dev/zero of=wh/rest bs=1k 2>/dev/null
        trainer models list; echo "rc=$?"
        rm wh/filler wh/rest; mount -o remount,size=200m wh
        trainer ingest {snapshots} | tail -1; echo "rc=${{PIPESTATUS[0]}}"
    """
    done = confined(script, tmp_path)
    assert done.stdout.splitlines()[:2] == ["rc=4", "rc=4"], (done.stdout, done.stderr)
    assert done.stdout.splitlines()[-1] == "rc=0", (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr and "its disk is full; make room." in done.stderr


def test_a_read_only_store_is_one_sentence(tmp_path: Path, snapshots: Path) -> None:
    script = f"""
        export TRAINER_WAREHOUSE=$PWD/wh
        trainer ingest {snapshots} >/dev/null || exit 1
        mount --bind wh/store wh/store && mount -o remount,ro,bind wh/store
        trainer ingest {snapshots}; echo "rc=$?"
        trainer models list; echo "rc=$?"
        umount wh/store
        trainer ingest {snapshots} >/dev/null; echo "rc=$?"
    """
    done = confined(script, tmp_path)
    assert [line for line in done.stdout.splitlines() if line.startswith("rc=")] == ["rc=4", "rc=0", "rc=0"], (
        done.stdout,
        done.stderr,
    )
    assert "Traceback" not in done.stderr

"""Standing labels when a command is killed in between: an edition is visible as a whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.snapshots import ADDRESSES
from tests.support.standing import held, own_list, rows
from tests.support.warehouse import ROOT
from trainer import connect
from trainer.labels import standing
from trainer.labels.add import LabelsAdded, add_labels
from trainer.labels.remove import remove_labels

FIRST, SECOND = date(2025, 1, 1), date(2025, 3, 21)


class Killed(BaseException):
    """Ends a command as a signal would, past every handler of errors."""


@contextmanager
def killed_at(step: str, *, after: bool) -> Iterator[None]:
    """End the command when it reaches a step of `trainer.labels.standing`, or right after that step."""
    original = getattr(standing, step)

    def end(*arguments: Any, **options: Any) -> None:
        if after:
            original(*arguments, **options)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, step, end)
        with pytest.raises(Killed):
            yield


def add(file: Path, source: str, day: date = SECOND, **options: Any) -> LabelsAdded:
    with connect() as client:
        return add_labels(client, file, network="killnet", source=source, valid_from=day, max_closed=1, **options)


def editions(folder: Path, source: str, complete: bool) -> Path:
    """Load a first edition, and return the file of the second: it closes a label, changes one and opens one."""
    addresses = ADDRESSES[:4]
    add(own_list(folder / "1.csv", [{"address": address} for address in addresses]), source, FIRST, complete=complete)
    second = [{"address": address} for address in ADDRESSES[2:6]]
    second[0]["risk_level"] = "low"
    return own_list(folder / "2.csv", second)


def state(source: str) -> tuple[list[Any], list[Any], list[Any]]:
    columns = "address, risk_level, toString(valid_from), toString(valid_to)"
    labels = f"SELECT {columns} FROM raw_standing_labels FINAL WHERE source = {{source:String}} ORDER BY ALL"
    # A killed command may have recorded an event twice: what was replayed last counts.
    history = f"SELECT DISTINCT event, {columns} FROM label_history WHERE source = {{source:String}} ORDER BY ALL"
    loaded = "SELECT DISTINCT toString(edition_date), is_complete, labels FROM label_editions WHERE source = {source:String} ORDER BY ALL"
    found = [rows(query, source=source) for query in (labels, history, loaded)]
    return found[0], found[1], found[2]


@pytest.mark.parametrize(
    ("step", "after", "complete", "changed"),
    [
        ("_record", False, True, False),
        ("_record", True, True, False),
        ("publish", False, True, False),
        ("publish", True, True, True),
        ("publish", True, False, True),
        ("record_edition", False, True, True),
        ("record_edition", False, False, True),
        ("record_edition", True, True, True),
    ],
)
def test_a_killed_edition_is_visible_as_a_whole_or_not_and_completes_when_run_again(
    own_house: Path, tmp_path: Path, step: str, after: bool, complete: bool, changed: bool
) -> None:
    whole, source = f"whole {step}{after}{complete}", f"killed {step}{after}{complete}"
    second = editions(tmp_path, whole, complete)
    before = held(SECOND, whole)
    add(second, whole, complete=complete)
    editions(tmp_path, source, complete)
    with killed_at(step, after=after):
        add(second, source, complete=complete)
    assert held(SECOND, source) == (held(SECOND, whole) if changed else before)
    add(second, source, complete=complete)
    assert state(source) == state(whole)
    add(second, source, complete=complete)
    assert state(source) == state(whole)


@pytest.mark.parametrize("step", ["record", "forget_editions", "publish", "drop_partitions"])
def test_a_killed_removal_completes_when_run_again(own_house: Path, tmp_path: Path, step: str) -> None:
    source = f"killed removal {step}"
    second = editions(tmp_path, source, complete=True)
    for after in (False, True):
        with connect() as client, killed_at(step, after=after):
            remove_labels(client, source)
        if held(FIRST, source):
            with connect() as client:
                assert remove_labels(client, source) == 4
        assert state(source)[0] == state(source)[2] == []
        assert add(tmp_path / "1.csv", source, FIRST, complete=True).added == 4
    assert add(second, source, complete=True).closed == 2


def test_a_process_killed_by_a_signal_leaves_nothing_half_done(own_house: Path, tmp_path: Path) -> None:
    """The process kills itself with SIGKILL right before it publishes, in a folder of its own."""
    second = own_list(tmp_path / "2.csv", [{"address": address} for address in ADDRESSES[:3]])
    first = own_list(tmp_path / "1.csv", [{"address": address} for address in ADDRESSES])
    script = (
        "import os, signal, sys\n"
        "from datetime import date\n"
        "from pathlib import Path\n"
        "from trainer import connect\n"
        "from trainer.labels import standing\n"
        "from trainer.labels.add import add_labels\n"
        "if sys.argv[3] == 'kill':\n"
        "    standing.publish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "with connect() as client:\n"
        "    add_labels(client, Path(sys.argv[1]), network='signalnet', source='signal', max_closed=1, complete=True,\n"
        "        valid_from=date.fromisoformat(sys.argv[2]))\n"
        "    print(client.query('SELECT countIf(valid_to > today()), count() FROM raw_standing_labels FINAL').result_rows)\n"
        "    print(client.query(\"SELECT count() FROM system.tables WHERE name LIKE '%\\\\_\\\\_loading\\\\_%'\").result_rows)\n"
    )
    env = os.environ | {"TRAINER_WAREHOUSE": str(tmp_path / "own")}

    def run(file: Path, day: date, kill: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", script, str(file), str(day), kill]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=ROOT, timeout=120)

    assert run(first, FIRST).stdout.splitlines() == ["[(6, 6)]", "[(0,)]"]
    assert run(second, SECOND, "kill").returncode == -signal.SIGKILL
    # As before: the next command drops the side tables.
    assert run(first, FIRST).stdout.splitlines() == ["[(6, 6)]", "[(0,)]"]
    assert run(second, SECOND).stdout.splitlines()[0] == "[(3, 6)]"

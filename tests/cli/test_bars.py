"""Bars are on the terminal while their work is under way, and gone when it is done; elsewhere nothing is drawn."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminals import run_in_terminal

pytestmark = pytest.mark.slow
BAR = re.compile("[━╸╺]|\\d+/\\d+")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_bars_are_there_while_a_network_is_simulated_and_then_gone(tmp_path: Path, width: int) -> None:
    done = run_in_terminal(
        ["simulate", str(tmp_path / "out"), "--alerts", "4000"],
        width,
        {name: value for name, value in os.environ.items() if name != "COLUMNS"},
    )
    assert done.code == 0 and "2025-09-01  alerts  4000" in done.lines
    assert any(BAR.search(line) for line in done.seen) and not BAR.search(done.text)


def test_an_interrupt_clears_the_bars(tmp_path: Path) -> None:
    arguments = ["simulate", str(tmp_path / "out"), "--alerts", "40000"]
    done = run_in_terminal(
        arguments, 60, {name: value for name, value in os.environ.items() if name != "COLUMNS"}, interrupt_at="/100"
    )
    assert done.code == 130 and not BAR.search(done.text)
    assert done.text.split() == ["trainer:", "interrupted;", "nothing", "half-done", "was", "kept."]


def test_nothing_is_drawn_where_stderr_is_no_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "trainer", "simulate", str(tmp_path / "out"), "--alerts", "300"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "" and "\x1b" not in done.stdout and len(done.stdout.splitlines()) == 8

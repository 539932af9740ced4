"""A few seconds of the fuzzer, so that it runs; `benchmarks/endurance/fuzz.py --minutes 10` is the whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "benchmarks" / "endurance" / "fuzz.py"
pytestmark = pytest.mark.slow


def test_damaged_files_and_odd_words_end_in_a_sentence_and_an_exit_code() -> None:
    command = [sys.executable, str(FUZZ), "--minutes", "0.4", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"(\d+) cases \((.*)\), 0 findings", done.stdout)
    assert counted is not None and int(counted[1]) >= 100
    assert {kind.split()[0] for kind in counted[2].split(", ")} == {"labels", "features", "truth", "snapshot", "model", "words"}

"""Ctrl-C ends a command at once with exit code 130 and one sentence, whenever it comes; a reader that goes away is no error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trainer.interrupt import MESSAGE

ROOT = Path(__file__).parents[2]
# Where tests run in the background SIGINT is ignored, and a child inherits that.
START = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from trainer.__main__ import main; print('on', flush=True); main()"


def started(folder: Path, *arguments: object, start: str = START) -> subprocess.Popen[str]:
    environment = os.environ | {
        "DBT_PROFILES_DIR": str(ROOT),
        "TRAINER_WAREHOUSE": str(folder / "warehouse"),
        "TRAINER_ARTIFACTS": str(folder / "artifacts"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    command = [sys.executable, "-c", start, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.2, 0.6, 1.5])
def test_ctrl_c_is_one_sentence_at_any_moment(tmp_path: Path, seconds: float) -> None:
    with started(tmp_path, "simulate", tmp_path / "out", "--alerts", 20_000) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        clock = time.monotonic()
        _, err = process.communicate(timeout=60)
    # The first moments are those before the handler is set: then it is Python that ends.
    assert (process.returncode, err) == (130, MESSAGE) or (seconds == 0 and process.returncode in (130, -signal.SIGINT))
    assert time.monotonic() - clock < 2


@pytest.mark.slow
def test_ctrl_c_ends_dbt_too(tmp_path: Path) -> None:
    with started(tmp_path, "init") as process:
        assert process.stdout is not None and process.stderr is not None
        assert "Loading the seeds" in process.stderr.readline()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.stderr.read().endswith(MESSAGE) and process.wait(timeout=20) == 130
    deadline = time.monotonic() + 20
    while (done := started(tmp_path, "models", "list")).communicate() and done.returncode and time.monotonic() < deadline:
        time.sleep(0.2)
    assert done.returncode == 0  # nothing has the warehouse open any more


@pytest.mark.slow
@pytest.mark.parametrize("stderr", ["", "2>&1"])
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, stderr: str) -> None:
    environment = os.environ | {"DBT_PROFILES_DIR": str(ROOT), "TRAINER_WAREHOUSE": str(tmp_path / "warehouse")}
    script = f'set -o pipefail; "{sys.executable}" -m trainer models list --json {stderr} | true; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=60)
    said = "" if stderr else "No model was trained yet; run `trainer fit`.\n"
    assert (done.stdout.strip(), done.stderr) == ("0", said)

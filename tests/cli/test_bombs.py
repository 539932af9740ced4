"""Bombs are refused with exit code 3, within seconds and without filling memory, whichever command reads them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.bombs import write_bombs, write_snapshot

ROOT = Path(__file__).parents[2]
GIBIBYTE = 1024**3
# Reports the peak of its own memory; the tables of labels and features need no warehouse where the file is refused.
RUN = """
import pathlib, re, resource, sys
from trainer.cli import app, main, data
data.prepare = lambda target: None
sys.modules["trainer.cli.labels"].prepare = sys.modules["trainer.cli.features"].prepare = data.prepare
try:
    main()
finally:
    # On Linux ru_maxrss has the peak of the process that forked this one, which a large test run is, too.
    status = pathlib.Path("/proc/self/status")
    own = re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text()) if status.is_file() else None
    peak = int(own[1]) if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print("PEAK", peak * 1024, file=sys.__stderr__)
"""
LABELS = ("labels", "add", "FILE", "--network", "ethereum", "--dry-run")
FEATURES = (
    "features",
    "add",
    "FILE",
    "--network",
    "ethereum",
    "--processing-date",
    "2025-08-01",
    "--window-days",
    "9",
    "--dry-run",
)
TRUTH = ("labels", "report", "--truth", "FILE")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bombs")
    snapshots = {"text": ("snapshot of long texts", 100_000, "x" * 20_000), "rows": ("snapshot of rows", 40_000_000, "x")}
    written = {name: write_snapshot(folder / key, rows, text) for key, (name, rows, text) in snapshots.items()}
    return write_bombs(folder) | written


@pytest.mark.parametrize(
    ("name", "command"),
    [
        *((name, LABELS) for name in ("nested.yaml", "pack.yaml", "nested.json", "keys.json", "inherited.yaml", "anchored.yaml")),
        *((name, command) for name in ("text.parquet", "rows.parquet") for command in (LABELS, FEATURES, TRUTH)),
        *((name, ("ingest", "FILE")) for name in ("snapshot of long texts", "snapshot of rows")),
    ],
)
def test_a_bomb_is_refused(bombs: dict[str, Path], tmp_path: Path, name: str, command: tuple[str, ...]) -> None:
    arguments = [str(bombs[name]) if word == "FILE" else word for word in command]
    environment = os.environ | {"DBT_PROFILES_DIR": str(ROOT), "TRAINER_WAREHOUSE": str(tmp_path / "warehouse")}
    clock = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 3 and "Traceback" not in done.stderr, done.stderr[-1000:]
    assert time.monotonic() - clock < 15  # 2 seconds on a free core
    assert int(done.stderr.rsplit("PEAK ", 1)[1]) < GIBIBYTE

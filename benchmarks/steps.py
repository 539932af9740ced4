"""Commands of the project, each timed in a process of its own: how long it took, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """What a command took: wall and CPU seconds, peak memory in GB."""

    wall: float
    cpu: float
    peak: float


def timed(command: str, *arguments: object) -> Step:
    """Run a command of this environment once."""
    program = [str(Path(sys.executable).parent / command), *map(str, arguments)]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    started = time.perf_counter()
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(program)} failed: {output}")
    return Step(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


def best(rounds: int, command: str, *arguments: object) -> Step:
    """Run a command so many times and return the least of each figure."""
    found = [asdict(timed(command, *arguments)) for _ in range(rounds)]
    return Step(**{name: min(one[name] for one in found) for name in found[0]})

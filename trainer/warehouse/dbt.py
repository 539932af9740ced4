"""Runs dbt in a process of its own, on the same target as the trainer.

In a child, because an embedded warehouse is open in one process at a time and dbt is slow to import: close clients first.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from trainer import settings
from trainer.errors import TrainerError


def run_dbt(arguments: Sequence[str], target: str | None = None, quiet: bool = False) -> None:
    """Run `dbt <arguments>`; its output goes to stderr unless `quiet`.

    Raises:
        TrainerError: dbt failed; with `quiet`, the message ends with its output.
    """
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments]
    environment = settings.dbt_environment(target)
    if quiet:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    else:
        done = subprocess.run(command, env=environment, stdout=sys.stderr, text=True, check=False)
    if done.returncode == 0:
        return
    output = (done.stdout or "").strip()
    raise TrainerError(f"dbt {arguments[0]} failed{': ' + output[-2000:] if output else '; see its output above'}")

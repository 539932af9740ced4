"""Runs dbt in a process of its own, on the same target as the trainer.

In a child, because an embedded warehouse is open in one process at a time and dbt is slow to import: close clients first.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from trainer import settings
from trainer.errors import TrainerError, WarehouseError


def run_dbt(arguments: Sequence[str], target: str | None = None, quiet: bool = False) -> None:
    """Run `dbt <arguments>`; its output goes to stderr unless `quiet`.

    Raises:
        WarehouseError: the warehouse is held by another process or cannot be reached.
        TrainerError: dbt failed for another reason; the message ends with what it said.
    """
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments]
    environment = settings.dbt_environment(target)
    if quiet:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    else:
        done = subprocess.run(command, env=environment, stdout=sys.stderr, text=True, check=False)
    if done.returncode == 0:
        return
    said = (done.stdout or "").strip()
    if "in use by" in said or "refused" in said or "AUTHENTICATION_FAILED" in said:
        raise WarehouseError(said.splitlines()[-1])
    raise TrainerError(f"dbt {arguments[0]} failed{': ' + said[-2000:] if said else '; see its output above'}")

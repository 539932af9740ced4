"""Runs dbt in a process of its own, on the same target as the trainer.

In a child, because an embedded warehouse is open in one process at a time and dbt is slow to import: close clients first.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import TextIO

from trainer import interrupt, settings
from trainer.errors import NotBuiltError


def run_dbt(arguments: Sequence[str], target: str | None = None, quiet: bool = False) -> None:
    """Run `dbt <arguments>`; its output goes to stderr, with `quiet` only if it fails.

    Raises:
        NotBuiltError: dbt failed.
    """
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments]
    is_passed_on = quiet or not _is_file(sys.stderr)
    output, errors = (subprocess.PIPE, subprocess.STDOUT) if is_passed_on else (sys.stderr, None)
    environment = settings.dbt_environment(target)
    # dbt prints characters that a terminal may lack.
    environment["PYTHONIOENCODING"] = environment.get("PYTHONIOENCODING", "").partition(":")[0] + ":backslashreplace"
    with subprocess.Popen(
        command, env=environment, stdout=output, stderr=errors, text=True, encoding="utf-8", errors="replace"
    ) as process:
        interrupt.children.add(process)
        said, _ = process.communicate()
        interrupt.children.discard(process)
    if said and not quiet:
        print(said.strip(), file=sys.stderr)
    if process.returncode:
        if said and quiet:
            print(said.strip()[-2000:], file=sys.stderr)
        raise NotBuiltError(f"dbt {arguments[0]} failed; see its output above.")


def _is_file(stream: TextIO) -> bool:
    """Return whether a child can write to a stream; to that of a notebook it cannot."""
    try:
        stream.fileno()
    except (OSError, ValueError):
        return False
    return True

"""Runs dbt in a process of its own, on the same target as the trainer.

In a child, because an embedded warehouse is open in one process at a time and dbt is slow to import: close clients first.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from trainer import interrupt, settings
from trainer.errors import NotBuiltError
from trainer.project import link_package
from trainer.warehouse.dbt_events import DbtRun

LOGGED = ["--log-format", "json", "--log-format-file", "debug", "--no-use-colors"]
DBT = [sys.executable, "-c", "import sys; sys.argv[0] = 'dbt'; from dbt.cli.main import cli; cli()"]


def run_dbt(arguments: Sequence[str], target: str | None = None, quiet: bool = False) -> None:
    """Run `dbt <arguments>`; its output goes to stderr, with `quiet` only if it fails.

    Raises:
        NotBuiltError: dbt failed.
    """
    is_passed_on = quiet or not _is_file(sys.stderr)
    output, errors = (subprocess.PIPE, subprocess.STDOUT) if is_passed_on else (sys.stderr, None)
    with _started(arguments, target, stdout=output, stderr=errors) as process:
        said, _ = process.communicate()
    if said and not quiet:
        print(said.strip(), file=sys.stderr)
    if process.returncode:
        if said and quiet:
            print(said.strip()[-2000:], file=sys.stderr)
        raise NotBuiltError(f"dbt {arguments[0]} failed; see its output above.")


def pass_to_dbt(arguments: Sequence[str], target: str | None = None) -> int:
    """Run `dbt <arguments>` on this process's streams; return its exit code."""
    with _started(arguments, target) as process:
        return process.wait()


def follow_dbt(
    arguments: Sequence[str], target: str | None = None, progress: Callable[[str, int, int], None] | None = None
) -> DbtRun:
    """Run `dbt <arguments>`, following it node by node instead of showing its output.

    Args:
        progress: called with the node that started last, the number of nodes that are done, and that of all; "" and 0 while
            dbt reads the project.
    """
    run = DbtRun()
    with _started([*arguments, *LOGGED], target, stdout=subprocess.PIPE) as process:
        for line in process.stdout or ():
            if run.read(line) and progress is not None:
                progress(run.current, run.done, run.total)
    run.exit_code = process.returncode
    return run


@contextmanager
def _started(arguments: Sequence[str], target: str | None, **streams: Any) -> Iterator[subprocess.Popen[str]]:
    """Start dbt on the project in use, linked to this package; it ends with the block, and when this process is interrupted."""
    environment = settings.dbt_environment(target)
    link_package(settings.project_dir())
    # dbt prints characters that a terminal may lack.
    environment["PYTHONIOENCODING"] = environment.get("PYTHONIOENCODING", "").partition(":")[0] + ":backslashreplace"
    command = [*DBT, *arguments]
    with subprocess.Popen(command, env=environment, text=True, encoding="utf-8", errors="replace", **streams) as process:
        interrupt.children.add(process)
        try:
            yield process
        finally:
            interrupt.children.discard(process)


def _is_file(stream: TextIO) -> bool:
    """Return whether a child can write to a stream; to that of a notebook it cannot."""
    try:
        stream.fileno()
    except (OSError, ValueError):
        return False
    return True

"""A server for processes of their own: ClickHouse's HTTP interface over an embedded engine, and the environment that names it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "tester", "s3cret word"
SCRIPT = Path(__file__).with_name("bridge.py")


@contextmanager
def bridge_to(folder: Path, log: Path | None = None, *, cluster: bool = False) -> Iterator[dict[str, str]]:
    """Serve the engine folder, and yield the environment variables with which trainer and dbt reach it.

    Args:
        log: a file to record each statement in.
        cluster: whether to take statements for a cluster.
    """
    command = [sys.executable, str(SCRIPT), "--path", str(folder), "--user", USER, "--password", PASSWORD]
    command += [] if log is None else ["--log", str(log)]
    command += ["--cluster"] if cluster else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield {
                "TRAINER_TARGET": "server",
                "CLICKHOUSE_HOST": "127.0.0.1",
                "CLICKHOUSE_PORT": process.stdout.readline().strip(),
                "CLICKHOUSE_USER": USER,
                "CLICKHOUSE_PASSWORD": PASSWORD,
            }
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()

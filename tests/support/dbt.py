"""Runs dbt in this process: importing it and parsing the project take longer than most of what tests ask of it."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from trainer import settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# No log file and no artifacts: nobody reads them here, and dbt takes a tenth of its time to write them.
BRIEFLY = ("--quiet", "--log-level-file", "none", "--no-write-json")
_manifests: dict[tuple[object, ...], Manifest] = {}


@contextlib.contextmanager
def _surroundings() -> Iterator[None]:
    """Name the warehouse as dbt reads it; leave no adapter behind, which dbt would take for whatever is run next."""
    from dbt.adapters.factory import reset_adapters

    with patch.dict(os.environ, settings.dbt_environment()):
        try:
            yield
        finally:
            reset_adapters()


def parsed(*options: str) -> Manifest:
    """Return the manifest of the project that the environment names, parsed again only where one of its files has changed."""
    from dbt.cli.main import dbtRunner

    target, project = settings.target(), settings.project_dir()
    files = sorted(path for path in project.rglob("*") if path.is_file())
    key = (target.type, target.database, options, *((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files))
    if key not in _manifests:
        with _surroundings():
            ended = dbtRunner().invoke(["parse", *BRIEFLY, *options])
        assert ended.success, ended.exception
        _manifests[key] = ended.result
    return _manifests[key]


def dbt(*arguments: str, manifest: Manifest | None = None, callbacks: Sequence[Callable[[Any], None]] = ()) -> Any:
    """Run `dbt <arguments>` on the warehouse that the environment names; how it ended, a dbtRunnerResult.

    Clients may stay open, but only on the same folder. Callbacks are called with each of dbt's events.
    """
    from dbt.cli.main import dbtRunner

    runner = dbtRunner(manifest or parsed(), callbacks=list(callbacks))
    with _surroundings():
        return runner.invoke([*arguments, *BRIEFLY])


def run_dbt(arguments: Sequence[str]) -> None:
    """Run `dbt <arguments>`, which must succeed."""
    ended = dbt(*arguments)
    assert ended.success, ended.exception or [one.message for one in ended.result if one.status not in {"success", "pass"}]


def refusal(*arguments: str) -> str:
    """Run `dbt <arguments>`, which must fail, reading the project as it is now; what dbt printed, on one line."""
    from dbt.cli.main import dbtRunner

    printed = io.StringIO()
    with _surroundings(), contextlib.redirect_stdout(printed):
        ended = dbtRunner().invoke([*arguments, *BRIEFLY, "--no-use-colors"])
    assert not ended.success
    return " ".join(printed.getvalue().split())

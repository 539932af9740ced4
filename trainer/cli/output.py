"""stdout is data, stderr is talk: what commands print, and the progress bars of long work."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Target = Annotated[str | None, typer.Option(help="Target of profiles.yml [default: the profile's own].", show_default=False)]
Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="A processing date.", show_default=False)
]
Network = Annotated[str | None, typer.Option(help="Network of the snapshot.", show_default=False)]
Window = Annotated[int | None, typer.Option(min=1, max=65535, help="Days the snapshot looks back.", show_default=False)]


def say(text: str) -> None:
    """Print talk to stderr."""
    print(text, file=sys.stderr)


def emit(result: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    """Print a result to stdout: as one JSON object, or as lines for people."""
    print(json.dumps(result, default=str) if as_json else "\n".join(lines))


def day_of(value: datetime | None) -> date | None:
    """Return the date of a parsed option."""
    return None if value is None else value.date()


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """Yield a function (what, done, total) that draws bars on stderr; None when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:>24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def update(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield update


def metric_lines(metrics: dict[str, dict[str, float]]) -> list[str]:
    """Return one aligned line a metric, with its 95 % interval."""
    return [f"  {name:<18} {found['value']:.4f}  [{found['low']:.4f}, {found['high']:.4f}]" for name, found in metrics.items()]

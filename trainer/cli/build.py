"""Commands that run dbt on the project in use: build, which shows how far it is, and dbt, which passes everything on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from trainer.cli.options import Json, Target
from trainer.cli.output import counted, emit, say
from trainer.cli.terminal import visible

if TYPE_CHECKING:
    from trainer.warehouse import DbtRun

PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(context_settings=PASS_ON)(build)
    # dbt has a --help of its own, and an option is dbt's wherever it stands.
    app.command(context_settings=PASS_ON | {"help_option_names": [], "allow_interspersed_args": False})(dbt)


def build(context: typer.Context, json: Json = False, target: Target = None) -> None:
    """Build labels, features and training tables, and test them: `dbt build`, whose options it takes (--select, --vars, …)."""
    started = time.perf_counter()
    run = run_build(context.args, target)
    seconds = round(time.perf_counter() - started, 1)
    counts = dict(sorted(run.counts.items()))
    listed = ", ".join(f"{count} {status}" for status, count in counts.items())
    result = {"nodes": run.done, "counts": counts, "warnings": run.problems, "seconds": seconds}
    emit(result, json, [f"{counted(run.done, 'node')} in {seconds} s: {listed or 'nothing was selected'}"])


def dbt(context: typer.Context) -> None:
    """Run dbt on the project in use, from any folder of it: `trainer dbt run`, `trainer dbt docs generate`."""
    from trainer.warehouse import pass_to_dbt

    code = pass_to_dbt(context.args)
    if code:
        raise typer.Exit(code if code > 0 else 128 - code)


def run_build(arguments: Sequence[str], target: str | None = None) -> DbtRun:
    """Run `dbt build`, showing the node that runs and how many are done; warnings and failures are a line each on stderr.

    Raises:
        NotBuiltError: dbt failed.
    """
    from trainer.warehouse import follow_dbt

    with _progress("dbt build") as update:
        run = follow_dbt(["build", *arguments], target, update)
    for line in run.problems:
        say(line)
    run.require_success("dbt build")
    return run


@contextmanager
def _progress(name: str) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function (node, done, total) that draws a bar on stderr; where that is no terminal, it prints a line per tenth."""
    if not sys.stderr.isatty():
        said = 0

        def line(_: str, done: int, total: int) -> None:
            nonlocal said
            if total and done * 10 // total > said:
                said = done * 10 // total
                say(f"{name}: {done} of {total}")

        yield line
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    terminal: Any = sys.__stderr__  # bars are drawn with control characters, which sys.stderr makes visible
    node = TextColumn("{task.fields[node]}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1))
    columns = (
        TextColumn(name),
        BarColumn(bar_width=20),
        TaskProgressColumn("{task.completed:.0f}/{task.fields[all]}"),
        TimeElapsedColumn(),
        node,
    )
    with Progress(*columns, console=Console(file=terminal), transient=True, expand=True) as bars:
        task = bars.add_task("", total=None, node="reading the project", all="?")

        def bar(current: str, done: int, total: int) -> None:
            bars.update(task, completed=done, total=total or None, node=escape(visible(current)), all=total or "?")

        yield bar

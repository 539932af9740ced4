"""The progress bars of long work: on stderr, if that is a terminal, and gone when the work is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trainer import interrupt
from trainer.cli.output import counted
from trainer.cli.terminal import encodable, visible, width_of
from trainer.progress import Progress, step

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

LONGEST_BAR = 40
AROUND_A_BAR = 54  # columns of the description, the counts and the time


@contextmanager
def progress() -> Iterator[Progress | None]:
    """Yield a function (what, done, total) that draws bars on stderr; None when stderr is not a terminal.

    A bar is there while its work is under way: once `done` has reached `total` it is removed. A total of 0 is unknown.
    """
    if not sys.stderr.isatty():
        yield None
        return
    with _bars() as bars:
        tasks: dict[str, Any] = {}

        def update(what: str, done: int, total: int) -> None:
            if total and done >= total:
                if what in tasks:
                    bars.remove_task(tasks.pop(what))
            elif what in tasks:
                bars.update(tasks[what], completed=done, total=total or None)
            else:
                tasks[what] = bars.add_task(_described(what), completed=done, total=total or None)

        interrupt.clear_bars = bars.stop
        try:
            yield update
        finally:
            interrupt.clear_bars = None


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on a terminal that a step is under way while the block runs."""
    with progress() as update, step(update, what):
        yield


def in_percent(update: Progress | None) -> Callable[[str, float], None] | None:
    """Return a function (what, share done) that draws bars."""
    return None if update is None else (lambda what, share: update(what, round(100 * share), 100))


@contextmanager
def keeping(update: Progress | None, what: str, noun: str, advice: str) -> Iterator[Progress]:
    """Yield a function that passes progress on; an interrupt of the block says how many of `what` are kept, and what to do.

    Args:
        what: the progress that counts what is kept, such as `trials`.
        noun: one of these.
    """
    kept = 0

    def counting(name: str, done: int, total: int) -> None:
        nonlocal kept
        if name == what:
            kept = done
        if update is not None:
            update(name, done, total)

    interrupt.kept = lambda: f"{counted(kept, f'finished {noun}')} {'is' if kept == 1 else 'are'} kept; {advice}" if kept else ""
    try:
        yield counting
    except KeyboardInterrupt:
        raise  # what is kept is still to be said
    except BaseException:
        interrupt.kept = None
        raise
    interrupt.kept = None


def _bars() -> Bars:
    terminal: Any = sys.__stderr__  # bars are drawn with control characters, which sys.stderr makes visible
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Counts(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.total is None else f"{task.completed:,.0f}/{task.total:,.0f}")

    console = Console(file=terminal, width=width_of(terminal))
    columns = (
        SpinnerColumn("line" if console.options.ascii_only else "dots"),
        TextColumn("{task.description}"),
        BarColumn(max(8, min(LONGEST_BAR, console.width - AROUND_A_BAR))),
        Counts(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True)


def _described(what: str) -> str:
    from rich.markup import escape

    terminal: Any = sys.__stderr__
    return escape(encodable(visible(what), terminal))

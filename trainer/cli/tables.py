"""Prints tables to the terminal: as tables where they fit its width, else as one paragraph per row."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from trainer.reports import Table

PIPE_WIDTH = 200  # columns, where the width of the output is unknown
GLUED_LENGTH = 40
FOLDED_WIDTH = 20  # a column of text may be folded to this width, one of numbers never


def print_tables(tables: list[Table]) -> None:
    """Print each table with its title and note to stdout."""
    from rich.console import Console
    from rich.text import Text

    known_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(file=sys.stdout, width=None if known_width else PIPE_WIDTH, highlight=False)
    for table in tables:
        if needed_width(table) <= console.width:
            _print_table(console, table)
        else:
            console.print(Text(table.title, style="bold"), end="\n\n")
            for row in table.rows:
                console.print(Text(paragraph(table.headers, row, console.width)))
            console.print()
        console.print(Text(table.note, style="dim"))
        console.print()


def needed_width(table: Table) -> int:
    """Return the number of columns that a table needs so that no number and no short text is broken."""
    from rich.cells import cell_len

    widths = []
    for index, (header, is_numeric) in enumerate(zip(table.headers, table.numeric, strict=True)):
        cells = [cell_len(row[index]) for row in table.rows]
        widest = max(cells, default=0) if is_numeric or header in table.unbroken else min(max(cells, default=0), FOLDED_WIDTH)
        widths.append(max(widest, *map(cell_len, header.split())))
    return sum(widths) + 2 * len(widths) + 1  # the gaps between columns, and the edges


def paragraph(headers: tuple[str, ...], cells: tuple[str, ...], width: int) -> str:
    """Return a row as text: its first cell, and below it those of the others that have a value, with their headers."""
    from trainer.reports import MISSING

    named = [f"{header}: {cell}" for header, cell in zip(headers[1:], cells[1:], strict=True) if cell != MISSING]
    # A header and a short value stay on one line, and so does the point behind them.
    text = "\N{NO-BREAK SPACE}· ".join(
        one.replace(" ", "\N{NO-BREAK SPACE}") if len(one) <= GLUED_LENGTH else one for one in named
    )
    lines = textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join([cells[0], *(line.replace("\N{NO-BREAK SPACE}", " ") for line in lines)])


def _print_table(console: Console, table: Table) -> None:
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    # Text, not markup: a publisher's name may hold brackets. Folded, not cut: part of an address is of no use.
    drawn = Drawn(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    drawn.title, drawn.title_justify, drawn.title_style = table.title, "left", "bold"
    for header, is_numeric in zip(table.headers, table.numeric, strict=True):
        justify, is_whole = "right" if is_numeric else "left", header in table.unbroken
        drawn.add_column(header, justify=justify, overflow="fold", no_wrap=is_whole)  # type: ignore[arg-type]
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    console.print(drawn)

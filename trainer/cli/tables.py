"""Prints tables to the terminal: as tables where they fit its width, else as one paragraph per row."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from trainer.cli.terminal import encodable, folded, width_of

if TYPE_CHECKING:
    from rich.console import Console

    from trainer.reports import Table

PIPE_WIDTH = 200  # columns, where the width of the output is unknown
GLUED_LENGTH = 40
FOLDED_WIDTH = 20  # a column of text may be folded to this width between its words, one of numbers never
_PLAIN_LINES = "    \n    \n -- \n    \n    \n -- \n    \n    \n"  # rich's SIMPLE in ASCII


def print_tables(tables: list[Table]) -> None:
    """Print each table with its title and note to stdout."""
    from rich.console import Console
    from rich.text import Text

    # Without styles: stdout makes control characters visible, those of a style too.
    console = Console(file=sys.stdout, width=table_width(), highlight=False, color_system=None)
    for table in map(_encodable, tables):
        if needed_width(table) <= console.width:
            _print_table(console, table)
        else:
            console.print(Text(table.title), end="\n\n")
            for row in table.rows:
                # Folded here: rich would break an address that is longer than a line.
                console.print(Text(paragraph(table.headers, row, console.width)), soft_wrap=True)
            console.print()
        note = textwrap.fill(table.note, console.width, break_long_words=False, break_on_hyphens=False)
        console.print(Text(note), soft_wrap=True)
        console.print()


def print_lines(lines: list[str]) -> None:
    """Print lines of text that belong to tables, folded at their width."""
    for line in lines:
        print(folded(encodable(line, sys.stdout), table_width()))


def table_width() -> int:
    """Return the columns that tables on stdout may have: of the terminal, or in a pipe those of COLUMNS, or many."""
    columns = os.environ.get("COLUMNS", "")
    return width_of(sys.stdout) or (int(columns) if columns.isdecimal() and int(columns) else PIPE_WIDTH)


def needed_width(table: Table) -> int:
    """Return the number of columns that a table needs so that no number and no word is broken."""
    widths = [needed for needed, _ in _widths(table)]
    return sum(widths) + 2 * len(widths) + 1  # the gaps between columns, and the edges


def _widths(table: Table) -> list[tuple[int, int]]:
    """Return of each column the width at which no number and no word is broken, and that at which nothing is folded."""
    from rich.cells import cell_len

    widths = []
    for index, (header, is_numeric) in enumerate(zip(table.headers, table.numeric, strict=True)):
        cells = [row[index] for row in table.rows]
        widest = needed = max(map(cell_len, cells), default=0)
        if not is_numeric and header not in table.unbroken:
            needed = min(widest, max(FOLDED_WIDTH, *(cell_len(word) for cell in cells for word in cell.split()), 0))
        needed = max(needed, *map(cell_len, header.split()))
        widths.append((needed, max(widest, needed, cell_len(header))))
    return widths


def paragraph(headers: tuple[str, ...], cells: tuple[str, ...], width: int) -> str:
    """Return a row as text: its first cell, and below it those of the others that have a value, with their headers."""
    from trainer.reports import MISSING

    missing = {MISSING, encodable(MISSING, sys.stdout)}
    named = [f"{header}: {cell}" for header, cell in zip(headers[1:], cells[1:], strict=True) if cell not in missing]
    # A header and a short value stay on one line, and so does the point behind them.
    longest = min(GLUED_LENGTH, width - 4)
    text = f"\N{NO-BREAK SPACE}{encodable('·', sys.stdout)} ".join(
        one.replace(" ", "\N{NO-BREAK SPACE}") if len(one) <= longest else one for one in named
    )
    indent: dict[str, Any] = {"initial_indent": "  ", "subsequent_indent": "  "}
    lines = textwrap.wrap(text, width, **indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join([folded(cells[0], width), *(line.replace("\N{NO-BREAK SPACE}", " ") for line in lines)])


def _encodable(table: Table) -> Table:
    """Return a table with the characters that stdout will show, so that its columns are as wide as they will be."""
    from dataclasses import replace

    def shown(text: str) -> str:
        return encodable(text, sys.stdout)

    rows = [tuple(map(shown, row)) for row in table.rows]
    headers = tuple(map(shown, table.headers))
    return replace(table, title=shown(table.title), note=shown(table.note), headers=headers, rows=rows)


def _print_table(console: Console, table: Table) -> None:
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    # Text, not markup: a publisher's name may hold brackets. Folded, not cut: part of an address is of no use.
    lines = box.Box(_PLAIN_LINES, ascii=True) if console.options.ascii_only else box.SIMPLE
    drawn = Drawn(box=lines, pad_edge=False, padding=(0, 1, 0, 0))
    drawn.title, drawn.title_justify = table.title, "left"
    spare = console.width - needed_width(table)
    for header, is_numeric, (needed, whole) in zip(table.headers, table.numeric, _widths(table), strict=True):
        # Given here: rich would take as much from a column that breaks by it as from one that only folds.
        more = min(whole - needed, spare)
        spare -= more
        drawn.add_column(header, justify="right" if is_numeric else "left", overflow="fold", width=needed + more)
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    console.print(drawn)

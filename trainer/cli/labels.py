"""Commands that judge labels: labels report."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainer.cli.data import labels
from trainer.cli.output import Day, Json, Network, Target, Window, day_of, emit, say

if TYPE_CHECKING:
    from trainer.label_tables import Table

PIPE_WIDTH = 200  # columns where nobody says how wide the reader is


def register(_app: typer.Typer) -> None:
    """Add the commands of this module to the group `labels`."""
    labels.command("report")(labels_report)


def labels_report(
    network: Network = None,
    processing_date: Day = None,
    window_days: Window = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with charts to this file, too.", show_default=False)] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            help="Parquet file (address, is_illicit) to grade labels and scores on, such as the simulator's.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    target: Target = None,
) -> None:
    """Say what the labels of a snapshot are worth: rules, strategies, publishers, conflicts, drift, models."""
    from trainer.label_page import label_page
    from trainer.label_report import label_report
    from trainer.label_tables import tables
    from trainer.label_truth import read_truth
    from trainer.warehouse import connect

    known = None if truth is None else read_truth(truth)
    with connect(target) as client:
        report = label_report(client, network, day_of(processing_date), window_days, known)
    if html is not None:
        html.write_text(label_page(report), encoding="utf-8")
        say(f"Wrote {html}")
    if json:
        emit(report.as_dict() | {"html": None if html is None else str(html)}, True, [])
        return
    print(f"{report.network} {report.processing_date} {report.window_days}")
    _print_tables(tables(report))


def _print_tables(found: list[Table]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    known_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(file=sys.stdout, width=None if known_width else PIPE_WIDTH, highlight=False)
    for table in found:
        # Text, and no markup: a publisher's name may hold brackets. Folded, and not cut: an address is all of it or none.
        drawn = Drawn(
            box=box.SIMPLE, title=table.title, title_justify="left", title_style="bold", pad_edge=False, padding=(0, 1, 0, 0)
        )
        for header, is_numeric in zip(table.headers, table.numeric, strict=True):
            drawn.add_column(header, justify="right" if is_numeric else "left", overflow="fold")
        for row in table.rows:
            drawn.add_row(*map(Text, row))
        console.print(drawn)
        console.print(Text(table.note, style="dim"))
        console.print()

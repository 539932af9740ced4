"""Commands that judge and derive labels: labels report, labels derive."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainer.cli.data import labels
from trainer.cli.model import ModelType, strategy_of
from trainer.cli.output import Day, Json, Network, Target, Window, day_of, emit, say
from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.reports import Table

PIPE_WIDTH = 200  # columns where nobody says how wide the reader is


def register(_app: typer.Typer) -> None:
    """Add the commands of this module to the group `labels`."""
    labels.command("report")(labels_report)
    labels.command("derive")(labels_derive)


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
    from trainer.labels import read_truth
    from trainer.reports import label_page, label_report, tables
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


def labels_derive(
    strategy: Annotated[str, typer.Option(help="package.module:Class of your own LabelStrategy.")],
    network: Network = None,
    processing_date: Day = None,
    start_date: Day = None,
    end_date: Day = None,
    window_days: Window = None,
    model_type: ModelType = "alert_scorer",
    name: Annotated[str | None, typer.Option(help="Whose votes these are [default: the class].", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask and count, write nothing.")] = False,
    json: Json = False,
    target: Target = None,
) -> None:
    """Write what a Python label strategy says back as votes, in place of its earlier ones. Then run `dbt run`.

    It is asked about every snapshot of the selection, by default all that the warehouse has. The votes are heard by the
    strategies custom_priority, weighted_vote and label_model, beside the rules; they are never gold. `labels remove --derived`
    withdraws them.
    """
    from trainer.data import resolve_selection
    from trainer.training import derive_votes
    from trainer.warehouse import connect

    if processing_date is not None and (start_date is not None or end_date is not None):
        raise UsageError("--processing-date is one date, --start-date and --end-date are a range; give the one or the other.")
    start, end = day_of(processing_date or start_date), day_of(processing_date or end_date)
    asked = strategy_of(strategy)
    if isinstance(asked, str):
        raise UsageError(f"--strategy '{strategy}' is no package.module:Class of your own; what dbt computes is a label already.")
    with connect(target) as client:
        selection = resolve_selection(client, model_type, network, start, end, window_days)
        result = derive_votes(client, asked, selection, model_type, name, dry_run=dry_run)
    verb = "would be written" if dry_run else "written"
    emit(
        result.as_dict(),
        json,
        [
            f"{result.votes} votes of {result.name} {verb} for {result.network} {', '.join(result.dates)} {result.window_days} "
            f"({result.risky} risky, {result.benign} benign), in place of {result.before}",
            f"  from {result.labelled} labels of {result.rows} rows; {result.tied} addresses are tied and have no vote",
        ],
    )
    if not dry_run:
        say("Run `dbt run`, and label strategies hear them.")


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

"""The command that writes the page of a model: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainer.cli import options as o
from trainer.cli.bars import working
from trainer.cli.classes import trainer_class_of
from trainer.cli.output import emit, say_choice


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(report)


def report(
    model_id: Annotated[str, typer.Argument(help="A model's id, or latest.")] = "latest",
    out: Annotated[
        Path | None,
        typer.Option(help="File of the page [default: report.html or card.html with the model].", show_default=False),
    ] = None,
    card: Annotated[
        bool, typer.Option("--card", help="Write a model card: without addresses and alert ids, also in --json.")
    ] = False,
    alert_budget: o.AlertBudget = None,
    min_precision: o.MinPrecision = None,
    model: Annotated[
        str | None, typer.Option(help="package.module:Class of a trainer that is not a plug-in.", show_default=False)
    ] = None,
    network: o.Network = None,
    window_days: o.Window = None,
    model_type: o.LatestType = None,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """Write a model's report as one HTML page: labels, metrics, thresholds, features, highest alerts, comparison.

    The page needs no network. stdout has its path and the verdict.
    """
    from trainer.registry import choose_model
    from trainer.reports import check_page_path, model_page, without_addresses, write_page
    from trainer.reports import report as report_of
    from trainer.warehouse import connect

    kind = None if model is None else trainer_class_of(model)
    with working("figures of the report"), connect(target) as client:
        choice = choose_model(client, model_id, network, window_days, model_type, kind)
        say_choice(choice)
        path = out or choice.folder / ("card.html" if card else "report.html")
        check_page_path(path)  # before a threshold is kept
        found = report_of(client, choice.model_id, alert_budget=alert_budget, min_precision=min_precision, model_trainer=kind)
    with working("drawing the page"):
        write_page(model_page(found, card), path)
    figures = without_addresses(found.as_dict()) if card else found.as_dict()
    emit(figures | {"html": str(path)}, json, [str(path), *found.verdict])

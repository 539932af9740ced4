"""The command that explains scores: explain."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from trainer.cli import options as o
from trainer.cli.bars import working
from trainer.cli.classes import trainer_class_of
from trainer.cli.output import emit, say_choice

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ALERT_ID]...", help="Alerts (or addresses, or clusters) [default: those with the highest scores]."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(explain)


def explain(
    ids: Ids = None,
    top: Annotated[int, typer.Option(min=1, help="Without an id: explain so many of the highest scores.")] = 10,
    model_id: o.ModelId = "latest",
    network: o.Networks = None,
    processing_date: o.Day = None,
    window_days: o.Window = None,
    model_type: o.LatestType = None,
    model: o.OwnTrainer = None,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """Explain a score: the features that contribute most, the labels and rules on the address, its flows.

    By default with the newest model, on the last snapshot.
    """
    from trainer.registry import choose_model
    from trainer.reports import explanation_text
    from trainer.training import chosen_snapshot
    from trainer.training import explain as reasons_of
    from trainer.warehouse import connect

    trainer = None if model is None else trainer_class_of(model)
    with working("explaining"), connect(target) as client:
        day = o.day_of(processing_date)
        rows, model_type = chosen_snapshot(client, model_id, model_type, network, day, window_days)
        choice = choose_model(client, model_id, rows.network, rows.window_days, model_type, trainer)
        say_choice(choice)
        selected = (rows.network, rows.end_date, rows.window_days)
        found = reasons_of(client, choice.model_id, ids or None, top, *selected, model_type, trainer)
    lines = explanation_text(found, shutil.get_terminal_size().columns).split("\n")
    emit({"explanations": [one.as_dict() for one in found]}, json, lines)

"""The command that explains scores: explain."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from trainer.cli import options as o
from trainer.cli.classes import trainer_class_of
from trainer.cli.output import emit

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
    from trainer.reports import explanation_text
    from trainer.training import explain as reasons_of
    from trainer.warehouse import connect

    trainer = None if model is None else trainer_class_of(model)
    with connect(target) as client:
        day = o.day_of(processing_date)
        found = reasons_of(client, model_id, ids or None, top, network, day, window_days, model_type, trainer)
    lines = explanation_text(found, shutil.get_terminal_size().columns).split("\n")
    emit({"explanations": [one.as_dict() for one in found]}, json, lines)

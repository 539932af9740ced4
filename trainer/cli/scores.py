"""The command that shows scores: scores."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainer.cli import options as o
from trainer.cli.classes import trainer_class_of
from trainer.cli.output import emit, say, say_choice
from trainer.cli.tables import print_tables
from trainer.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from trainer.training import Scores

TOP = 50
Top = Annotated[
    int | None,
    typer.Option(
        min=1, help=f"How many of the highest scores [default: {TOP}; all with --csv or --parquet].", show_default=False
    ),
]
Csv = Annotated[str | None, typer.Option(metavar="FILE", help="Write them as CSV; - is stdout.", show_default=False)]
Parquet = Annotated[str | None, typer.Option(metavar="FILE", help="Write them as Parquet; - is stdout.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(scores)


def scores(
    top: Top = None,
    model_id: o.ModelId = "latest",
    network: o.Network = None,
    processing_date: o.Day = None,
    window_days: o.Window = None,
    model_type: o.LatestType = None,
    model: o.OwnTrainer = None,
    csv: Csv = None,
    parquet: Parquet = None,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """Show the highest current scores of a snapshot (by default the last), with alert, address, severity, volume and label.

    Scores of a snapshot that was loaded again with other content, or of a model or alert that is gone, are stale and not shown.
    """
    from trainer.registry import choose_model
    from trainer.reports import score_table
    from trainer.training import chosen_snapshot, read_scores
    from trainer.warehouse import connect

    if sum([csv is not None, parquet is not None, json]) > 1:
        raise UsageError("Choose one of --csv, --parquet and --json.")
    count = top if top is not None or csv is not None or parquet is not None else TOP
    trainer = None if model is None else trainer_class_of(model)
    with connect(target) as client:
        rows, model_type = chosen_snapshot(client, model_id, model_type, network, o.day_of(processing_date), window_days)
        choice = choose_model(client, model_id, rows.network, rows.window_days, model_type, trainer)
        say_choice(choice)
        found = read_scores(client, rows, choice, count)
    say_stale(found)
    if csv is not None or parquet is not None:
        _write(found.frame, csv, parquet)
    elif json:
        emit(found.as_dict(), True, [])
    else:
        print_tables([score_table(found)])


def say_stale(found: Scores) -> None:
    """Say which scores of a snapshot are not shown, because they are stale."""
    for reason, count in found.stale.items():
        say(f"{count:,} more scores of {found.key} are stale and not shown: {reason}; run `trainer predict` or `trainer update`.")


def _write(frame: pd.DataFrame, csv: str | None, parquet: str | None) -> None:
    """Write a table to a file, whole or not at all, or to stdout."""
    name = csv if csv is not None else parquet
    content = frame.to_csv(index=False, lineterminator="\n").encode() if csv is not None else frame.to_parquet(index=False)
    if name == "-":
        with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stream:
            stream.write(content)
        return
    path = Path(str(name))
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    say(f"{len(frame):,} scores are in {path}")

"""The command of an ordinary day: update."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainer.cli import options as o
from trainer.cli.bars import progress
from trainer.cli.classes import trainer_class_of
from trainer.cli.output import emit, say
from trainer.cli.tables import print_tables
from trainer.errors import ArtifactError

if TYPE_CHECKING:
    from trainer.training import UpdateResult

Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Folders of snapshots, as for ingest [default: only build and score]."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(update)


def update(
    path: Paths = None,
    network: o.Network = None,
    processing_date: o.Day = None,
    window_days: o.Window = None,
    accept_column: o.AcceptColumn = None,
    model: o.OwnTrainer = None,
    dry_run: DryRun = False,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """Load what is new or has changed, build the models if anything has, score the last snapshots with the models in use.

    Run again it does what is left to do, if anything. Without a model it loads and builds. Exits with 6 if the models of a
    network cannot be used.
    """
    from trainer.training import Update

    trainer = None if model is None else trainer_class_of(model)
    with progress() as bars:
        day, columns = o.day_of(processing_date), accept_column or ()
        steps = Update(target, path or (), network, day, window_days, columns, trainer, say, bars)
        result = steps.plan() if dry_run else steps.run()
    for sentence in result.in_use:
        say(sentence)
    _print(result, json)
    if not result.has_models and not dry_run:
        say("No model was trained yet, so nothing is scored; run `trainer fit`, then `trainer update`.")
    if result.unusable:
        raise ArtifactError(" ".join(result.unusable))


def _print(result: UpdateResult, as_json: bool) -> None:
    from trainer.reports import score_table, update_lines

    emit(result.as_dict(), as_json, update_lines(result))
    if not as_json:
        for one in result.scored:
            print()
            print_tables([score_table(one.highest)])

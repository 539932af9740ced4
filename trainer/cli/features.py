"""The commands of a user's own features: features add."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainer.cli.bars import progress
from trainer.cli.data import prepare
from trainer.cli.labels_added import SHOWN_REASONS, inferred_from
from trainer.cli.options import (
    AcceptColumn,
    Day,
    DryRun,
    Json,
    Map,
    Network,
    Rejects,
    SkipBad,
    Target,
    Window,
    day_of,
    mapping_of,
)
from trainer.cli.output import counted, emit, say
from trainer.cli.overview import Group
from trainer.progress import step

if TYPE_CHECKING:
    from trainer.features import FeaturesAdded

MAX_FILE_BYTES = 4 * 2**30  # of a file that is fetched
features = typer.Typer(cls=Group, help="Add numeric features of your own.", no_args_is_help=True)


@features.callback()
def _group() -> None:
    """Add numeric features of your own."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(features, name="features")


@features.command("add")
def features_add(
    file: Annotated[
        str, typer.Argument(help="A CSV or Parquet file (a path, https://… or s3://…): one row per address, any numeric columns.")
    ],
    network: Network = None,
    processing_date: Day = None,
    window_days: Window = None,
    map: Map = None,
    accept_column: AcceptColumn = None,
    dry_run: DryRun = False,
    skip_bad: SkipBad = False,
    rejects: Rejects = None,
    json: Json = False,
    target: Target = None,
) -> None:
    """Add numeric features of addresses; adding a file again changes nothing. Then run `trainer build` or `dbt run`."""
    from trainer.features import add_features
    from trainer.uploads import file_at, require_file
    from trainer.warehouse import connect

    columns = mapping_of(map)
    with progress() as update, file_at(file, MAX_FILE_BYTES, update) as path:
        require_file(path, "a file of features")
        prepare(target)
        key = (network, day_of(processing_date), window_days)
        beside = rejects if path == Path(file) else rejects or Path()
        with step(update, "adding features"), connect(target) as client:
            added = add_features(client, path, *key, columns, dry_run, skip_bad, accept_column or (), beside)
    _say_what_was_not_loaded(added)
    verb = "would be added" if dry_run else "added"
    lines = [
        f"{counted(added.rows, 'row')}: {counted(len(added.features), 'feature')} of {added.added} addresses {verb}, "
        f"{added.changed} changed, {added.same} as before, {added.repeated} repeated, {added.rejected} rejected",
        *(f"  custom__{name}" for name in added.features),
    ]
    emit(added.as_dict() | {"dry_run": dry_run}, json, lines)


def _say_what_was_not_loaded(added: FeaturesAdded) -> None:
    if added.inferred:
        say(f"{added.file}: {inferred_from(added.inferred)}")
    for column, reason in added.ignored_columns.items():
        say(f"{added.file}: column '{column}' not loaded: it {reason}")
    for column, name in added.renamed.items():
        say(f"{added.file}: column '{column}' is kept as '{name}'")
    for row, reason in [*added.reasons.items()][:SHOWN_REASONS] if not added.rejects_file else []:
        say(f"{added.file}, row {row}: {reason}")
    if added.rejects_file:
        say(f"{added.file}: {added.rejected} rows rejected; they are in {added.rejects_file}, with reasons")
    if added.repeated:
        say(f"{added.file}: {added.repeated} rows repeat others")
    if added.unknown:
        say(f"{added.file}: {added.unknown} addresses are in no ingested snapshot: nothing is trained or scored for them")

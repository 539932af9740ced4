"""Commands that bring data in: init, ingest, simulate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainer.cli.bars import in_percent, progress, working
from trainer.cli.options import AcceptColumn, Day, Json, Network, Target, Window, check_out_folder, day_of
from trainer.cli.output import emit, say
from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.keys import SnapshotKey
    from trainer.project import Written
    from trainer.snapshots import Ingested
    from trainer.warehouse import Client


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(init)
    app.command()(ingest)
    app.command()(simulate)


def init(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder of the project [default: the project here or above, or here].", show_default=False),
    ] = None,
    discard_damaged: Annotated[
        bool,
        typer.Option(
            "--discard-damaged",
            help="Drop damaged parts of tables, to be loaded again; accept killed loads.",
        ),
    ] = False,
    json: Json = False,
    target: Target = None,
) -> None:
    """Write a project here if there is none, create the raw tables, load the seeds; running it again changes nothing."""
    written = _project(folder)
    if discard_damaged:
        _discard_damaged(target)
    names = prepare(target)
    emit({"project": str(written.folder), "written": written.files, "tables": names}, json, names)


def _project(folder: Path | None) -> Written:
    """Return the project to use, written if there is none: in `folder`, where the environment says, here or above, or here."""
    from trainer import settings
    from trainer.project import Written, link_package, project_at, write_project

    here = Path.cwd()
    if folder is None and settings.is_configured():
        link_package(settings.project_dir())
        return Written(settings.profiles_dir())
    written = write_project(folder.resolve() if folder is not None else project_at(here) or here)
    if folder is not None:
        settings.use_project(written.folder)
    if written.files:
        say(f"Wrote a project to {written.folder}: {', '.join(name for name in written.files if not name.endswith('.gitkeep'))}")
    if written.left:
        say(f"Left as they were: {', '.join(written.left)}")
    return written


def _discard_damaged(target: str | None) -> None:
    from trainer.warehouse import connect, discard_damaged

    with connect(target, accept_damage=True) as client:
        for line in discard_damaged(client):
            say(line)


def prepare(target: str | None) -> list[str]:
    """Create the tables and return their names; load dbt's seeds if one is missing or of an earlier version."""
    from trainer.warehouse import connect, create_tables, problem_of_seeds, run_dbt

    with connect(target) as client:
        names = create_tables(client)
        problem = problem_of_seeds(client)
    if problem:
        say(f"Loading the seeds (dbt seed --full-refresh): {problem}…")
        with working("dbt seed"):
            run_dbt(["seed", "--full-refresh"], target, quiet=True)
    return names


@contextmanager
def _prepared(target: str | None) -> Iterator[Client]:
    """Open the warehouse as `prepare` leaves it, once if nothing is missing: an embedded engine takes a while to start."""
    from trainer.warehouse import connect, create_tables, problem_of_seeds

    with connect(target) as client:
        create_tables(client)
        if not problem_of_seeds(client):
            yield client
            return
    prepare(target)
    with connect(target) as client:
        yield client


def ingest(
    path: Annotated[str, typer.Argument(help="A snapshot folder or a folder of several; also s3://bucket/prefix or https://….")],
    network: Network = None,
    processing_date: Day = None,
    window_days: Window = None,
    accept_column: AcceptColumn = None,
    json: Json = False,
    target: Target = None,
) -> None:
    """Load snapshot folders; a path that ends in network/date/window gives the key."""
    from trainer.labels import labels_of_other_snapshots, labels_of_snapshot
    from trainer.snapshots import find_folders, snapshots_at
    from trainer.snapshots import ingest as load
    from trainer.uploads import name_of

    with progress() as update, snapshots_at(path, update) as folder:
        find_folders(folder)  # fails before anything is created
        with _prepared(target) as client:
            loaded = load(client, folder, network, day_of(processing_date), window_days, update, accept_column or ())
            labels = {one.key: labels_of_snapshot(client, one.key) for one in loaded}
            others = {one.key: labels_of_other_snapshots(client, one.key) for one in loaded}
        results = [
            _as_dict(one) | {"folder": name_of(one.folder), "labels": labels[one.key], "labels_of_others": others[one.key]}
            for one in loaded
        ]
    for snapshot in loaded:
        _say_changes(snapshot)
        _say_labels(snapshot.key, labels[snapshot.key], others[snapshot.key])
    lines = [f"{one.key}  {table}  {_of(rows, one.read[table])}" for one in loaded for table, rows in one.rows.items()]
    emit({"snapshots": results}, json, lines)


def _say_labels(key: SnapshotKey, labels: dict[str, int], of_others: dict[str, int]) -> None:
    shown, others = (", ".join(f"{source or 'custom'} ({n})" for source, n in one.items()) for one in (labels, of_others))
    if shown:
        say(f"{key} your labels apply to addresses of it: {shown}")
    if others:
        say(
            f"{key} labels of yours that belong to other snapshots do not apply to addresses of it: {others}; added without "
            "a date and a window, labels stand for all snapshots"
        )


def _of(loaded: int, read: int) -> str:
    return str(loaded) if loaded == read else f"{loaded} from {read} rows"


def _as_dict(one: Ingested) -> dict[str, Any]:
    return {
        "snapshot": str(one.key),
        "shape": one.shape,
        "rows": one.rows,
        "read": one.read,
        "changes": one.changes,
        "dropped_columns": one.dropped,
        "left_out_columns": one.left_out,
        "ignored": one.ignored,
        "not_understood": one.not_understood,
        "left_as_before": one.left_as_before,
    }


def _say_changes(snapshot: Ingested) -> None:
    key = snapshot.key
    for file, counts in snapshot.changes.items():
        for what, count in sorted(counts.items()):
            say(f"{key} {file}: {count} {what}")
    for file, columns in snapshot.dropped.items():
        if columns:
            say(f"{key} {file}: columns not loaded: {', '.join(columns)}")
    for file, reasons in snapshot.left_out.items():
        for column, reason in reasons.items():
            say(f"{key} {file}: column '{column}' is no feature: it {reason}; --accept-column '{column}' keeps it")
    for stem, reason in snapshot.ignored.items():
        say(f"{key} {stem}.parquet: not loaded: {reason}")
    for name in snapshot.not_understood:
        say(f"{key} {name}: not understood, not loaded")
    for table, rows in snapshot.left_as_before.items():
        say(f"{key} {table}: not in this folder; its {rows} rows from an earlier load are left as they were")


def simulate(
    out: Annotated[Path, typer.Argument(help="Folder to write to.")],
    alerts: Annotated[int, typer.Option(min=200, help="Alerts per processing date.")] = 10_000,
    dates: Annotated[str, typer.Option(help="Processing dates, separated by commas.")] = "2025-08-01,2025-09-01",
    window_days: Annotated[int, typer.Option(min=7, max=1000, help="Days each snapshot looks back.")] = 90,
    network: Annotated[str, typer.Option(help="Name of the network.")] = "simnet",
    seed: Annotated[int, typer.Option(help="Random seed; the same seed gives the same files.")] = 0,
    json: Json = False,
) -> None:
    """Write synthetic snapshots with planted laundering typologies, and the ground truth in a file of its own."""
    from trainer.addresses import network_problem
    from trainer.data import as_date
    from trainer.simulate import simulate as write

    check_out_folder(out)
    if (problem := network_problem(network)) is not None:
        raise UsageError(f"{problem}.")
    days = [as_date(text.strip()) for text in dates.split(",")]
    with progress() as update:
        report = in_percent(update)
        try:
            written = write(out, alerts=alerts, dates=days, window_days=window_days, network=network, seed=seed, progress=report)
        except ValueError as error:
            raise UsageError(f"Such a network cannot be simulated: {error}.") from error
    counts = {str(day): tables for day, tables in written.counts.items()}
    files = {"labels": str(written.labels), "custom_labels": str(written.custom_labels), "truth": str(written.truth)}
    lines = [f"{day}  {table}  {count}" for day, tables in counts.items() for table, count in tables.items()]
    emit({"root": str(written.root), "counts": counts, **files}, json, lines)

"""Commands that bring data in: init, ingest, simulate, labels add, labels remove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainer.cli.output import Day, Json, Network, Target, Window, day_of, emit, progress, say
from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.labels import LabelsAdded
    from trainer.snapshots import Ingested

SHOWN_REASONS = 10

labels = typer.Typer(help="Your own labels.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(init)
    app.command()(ingest)
    app.command()(simulate)
    app.add_typer(labels, name="labels")


def init(json: Json = False, target: Target = None) -> None:
    """Create the raw tables and load the seeds; running it again changes nothing."""
    names = prepare(target)
    emit({"tables": names}, json, names)


def prepare(target: str | None) -> list[str]:
    """Create the tables and, where they are not there yet, the seeds dbt's models need; return the tables' names."""
    from trainer.settings import project_dir
    from trainer.warehouse import connect, create_tables, run_dbt, table_exists

    with connect(target) as client:
        names = create_tables(client)
        seeded = all(table_exists(client, seed.stem) for seed in project_dir().glob("seeds/*.csv"))
    if not seeded:
        say("Loading the seeds (dbt seed)…")
        run_dbt(["seed"], target, quiet=True)
    return names


def ingest(
    path: Annotated[Path, typer.Argument(help="A snapshot folder, or a folder that holds several.")],
    network: Network = None,
    processing_date: Day = None,
    window_days: Window = None,
    json: Json = False,
    target: Target = None,
) -> None:
    """Load snapshot folders; the key comes from the path where it ends in network/date/window."""
    from trainer.snapshots import find_folders
    from trainer.snapshots import ingest as load
    from trainer.warehouse import connect

    find_folders(path)  # fails before anything is created
    prepare(target)
    with progress() as update, connect(target) as client:
        loaded = load(client, path, network, day_of(processing_date), window_days, update)
    for snapshot in loaded:
        _say_changes(snapshot)
    result = [{"snapshot": str(one.key), "shape": one.shape, "folder": str(one.folder), "rows": one.rows} for one in loaded]
    lines = [f"{one.key}  {table}  {rows}" for one in loaded for table, rows in one.rows.items()]
    emit({"snapshots": result}, json, lines)


def _say_changes(snapshot: Ingested) -> None:
    for file, counts in snapshot.changes.items():
        for what, count in sorted(counts.items()):
            say(f"{snapshot.key} {file}: {count} {what}")
    for file, columns in snapshot.dropped.items():
        if columns:
            say(f"{snapshot.key} {file}: columns not loaded: {', '.join(columns)}")
    for stem, reason in snapshot.ignored.items():
        say(f"{snapshot.key} {stem}.parquet: not loaded: {reason}")


def simulate(
    out: Annotated[Path, typer.Argument(help="Folder to write to.")],
    alerts: Annotated[int, typer.Option(min=200, help="Alerts per processing date.")] = 10_000,
    dates: Annotated[str, typer.Option(help="Processing dates, separated by commas.")] = "2025-08-01,2025-09-01",
    window_days: Annotated[int, typer.Option(min=7, max=1000, help="Days each snapshot looks back.")] = 90,
    network: Annotated[str, typer.Option(help="Name of the network.")] = "simnet",
    seed: Annotated[int, typer.Option(help="One seed, one network, to the byte.")] = 0,
    json: Json = False,
) -> None:
    """Write synthetic snapshots with planted laundering typologies and the truth apart."""
    from trainer.addresses import network_problem
    from trainer.data import as_date
    from trainer.simulate import simulate as write

    if (problem := network_problem(network)) is not None:
        raise UsageError(f"{problem}.")
    days = [as_date(text.strip()) for text in dates.split(",")]
    with progress() as update:
        report = None if update is None else (lambda what, share: update(what, round(100 * share), 100))
        try:
            written = write(out, alerts=alerts, dates=days, window_days=window_days, network=network, seed=seed, progress=report)
        except ValueError as error:
            raise UsageError(f"No network can be simulated so: {error}.") from error
    counts = {str(day): found for day, found in written.counts.items()}
    files = {"labels": str(written.labels), "custom_labels": str(written.custom_labels), "truth": str(written.truth)}
    lines = [f"{day}  {table}  {count}" for day, found in counts.items() for table, count in found.items()]
    emit({"root": str(written.root), "counts": counts, **files}, json, lines)


@labels.command("add")
def labels_add(
    file: Annotated[
        Path,
        typer.Argument(
            help="A CSV, Parquet or JSON file in the columns of raw_address_labels, or a list of OFAC, Etherscan, Forta, "
            "MyEtherWallet, polkadot-js or GraphSense."
        ),
    ],
    network: Network = None,
    processing_date: Day = None,
    window_days: Window = None,
    format: Annotated[str, typer.Option(help="Format of the file; `auto` recognises it.")] = "auto",
    source: Annotated[str | None, typer.Option(help="Who says so, for files that do not.", show_default=False)] = None,
    map: Annotated[
        str | None,
        typer.Option(metavar="OURS=THEIRS,…", help="Columns with other names: address=addr,risk_level=risk.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and count, load nothing.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Load the good rows, write the others to a file.")] = False,
    json: Json = False,
    target: Target = None,
) -> None:
    """Add a label list; adding a file again changes nothing. Then run `dbt run`."""
    from trainer.labels import add_labels
    from trainer.warehouse import connect

    columns = mapping(map)
    prepare(target)
    with connect(target) as client:
        added = add_labels(
            client, file, network, day_of(processing_date), window_days, format, source, dry_run, skip_bad, columns
        )
    _say_what_was_left(added)
    levels = ", ".join(f"{count} {level}" for level, count in added.by_risk_level.items())
    verb = "would be added" if dry_run else "added"
    lines = [f"{added.added} labels {verb}, {added.present} there before, {added.rejected} rejected ({levels})"]
    emit(added.as_dict() | {"dry_run": dry_run}, json, lines)


@labels.command("remove")
def labels_remove(
    source: Annotated[str | None, typer.Option(help="Whose labels.", show_default=False)] = None,
    derived: Annotated[
        str | None, typer.Option(help="Instead: whose derived votes, see labels derive.", show_default=False)
    ] = None,
    network: Network = None,
    processing_date: Day = None,
    window_days: Window = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, remove nothing.")] = False,
    json: Json = False,
    target: Target = None,
) -> None:
    """Withdraw a source's labels, of all snapshots or of those named; label_history keeps them. Then run `dbt run`."""
    from trainer.labels import remove_labels
    from trainer.training import remove_votes
    from trainer.warehouse import connect

    verb = "would be removed" if dry_run else "removed"
    with connect(target) as client:
        if source is not None and derived is None:
            removed = remove_labels(client, source, network, day_of(processing_date), window_days, dry_run)
            emit({"source": source, "removed": removed, "dry_run": dry_run}, json, [f"{removed} labels of {source} {verb}"])
        elif derived is not None and source is None:
            removed = remove_votes(client, derived, network, day_of(processing_date), window_days, dry_run=dry_run)
            emit({"name": derived, "removed": removed, "dry_run": dry_run}, json, [f"{removed} votes of {derived} {verb}"])
        else:
            raise UsageError("Say whose labels: --source of a list, or --derived of votes that a strategy derived.")


def mapping(text: str | None) -> dict[str, str]:
    """Return our column → the file's, from `ours=theirs,ours=theirs`."""
    columns: dict[str, str] = {}
    for pair in text.split(",") if text is not None else []:
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not (ours and equals and theirs) or ours in columns:
            raise UsageError(f"--map '{pair}' is not ours=theirs, each of ours once; for example address=addr,risk_level=risk.")
        columns[ours] = theirs
    return columns


def _say_what_was_left(added: LabelsAdded) -> None:
    if added.ignored_columns:
        say(f"{added.file}: columns not loaded: {', '.join(added.ignored_columns)}")
    for row, reason in [*added.reasons.items()][:SHOWN_REASONS] if not added.rejects_file else []:
        say(f"{added.file}, row {row}: {reason}")
    if not added.rejects_file and len(added.reasons) > SHOWN_REASONS:
        say(f"{added.file}: and {len(added.reasons) - SHOWN_REASONS} more rows; --json has all, --skip-bad writes them to a file")
    if added.rejects_file:
        say(f"{added.file}: {len(added.reasons)} rows rejected; they are in {added.rejects_file}, with reasons")
    if added.elsewhere:
        say(f"{added.file}: {added.elsewhere} rows skipped: another network's address")
    if added.repeated:
        say(f"{added.file}: {added.repeated} rows repeat others")
    if added.replaced:
        say(f"{added.file}: {added.replaced} older labels replaced")
    if added.unmapped:
        words = ", ".join(f"{word} ({count})" for word, count in added.unmapped.items())
        total = sum(added.unmapped.values())
        say(f"{added.file}: {total} rows not loaded, their categories have no risk level in the seed label_taxonomy: {words}")

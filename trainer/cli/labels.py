"""The commands of labels: labels add, remove, sources, report and derive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainer.cli.bars import progress, working
from trainer.cli.classes import strategy_of
from trainer.cli.data import prepare
from trainer.cli.label_options import (
    ADDED_FILE,
    Complete,
    Confidence,
    Derived,
    Format,
    FromDay,
    Label,
    MapCategory,
    MaxClosed,
    RemovedSource,
    RiskLevel,
    Source,
    Stamp,
    ValidFrom,
)
from trainer.cli.labels_added import added_lines, say_added
from trainer.cli.options import (
    Day,
    DryRun,
    Json,
    Map,
    ModelType,
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
from trainer.cli.tables import print_lines, print_tables
from trainer.errors import UsageError
from trainer.progress import step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainer.errors import MissingKeyError
    from trainer.labels import AddOptions, LabelsAdded
    from trainer.training import DerivedVotes

MAX_LIST_BYTES = 2**30  # of a list, or the lists of a folder, that are fetched
labels = typer.Typer(cls=Group, help="Add, report, derive and remove labels.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(labels, name="labels")


@labels.command("add")
def labels_add(
    file: Annotated[str, typer.Argument(help=ADDED_FILE)],
    network: Network = None,
    processing_date: Stamp = None,
    window_days: Window = None,
    valid_from: ValidFrom = None,
    complete: Complete = False,
    max_closed: MaxClosed = None,
    format: Format = "auto",
    source: Source = None,
    risk_level: RiskLevel = None,
    label: Label = None,
    confidence: Confidence = None,
    map: Map = None,
    map_category: MapCategory = None,
    dry_run: DryRun = False,
    skip_bad: SkipBad = False,
    rejects: Rejects = None,
    json: Json = False,
    target: Target = None,
) -> None:
    """Add a label list; adding a file again changes nothing. Then run `trainer build` or `dbt run`.

    Without a processing date the labels stand: they hold for every snapshot of the network, from a day until they are withdrawn.
    """
    if max_closed is not None and not complete:
        raise UsageError("--max-closed limits what a complete edition may close; give it with --complete.")
    options: AddOptions = {"network": network, "window_days": window_days, "complete": complete}
    options |= {} if max_closed is None else {"max_closed": max_closed}
    options |= {"processing_date": day_of(processing_date), "valid_from": day_of(valid_from), "format": format, "source": source}
    options |= {"risk_level": risk_level, "label": label, "confidence": confidence, "categories": map_category}
    options |= {"columns": mapping_of(map), "dry_run": dry_run, "skip_bad": skip_bad, "rejects": rejects}
    added, is_folder = _add(file, options, target)
    meanings = "the seed label_taxonomy" if map_category is None else str(map_category)
    for one in added:
        say_added(one, meanings)
    if not dry_run and any(one.added or one.closed for one in added):
        say("Run `trainer build` (or `dbt run`) to let these labels vote, then `trainer fit` to train on them.")
    results = [one.as_dict() | {"dry_run": dry_run} for one in added]
    emit({"files": results} if is_folder else results[0], json, added_lines(added, dry_run, is_folder=is_folder))


def _add(file: str, options: AddOptions, target: str | None) -> tuple[list[LabelsAdded], bool]:
    """Add a list or a folder of lists; return the results, and whether it is a folder."""
    from trainer.labels import add_labels, list_files
    from trainer.uploads import file_at, infer_key
    from trainer.warehouse import connect

    def infer(given: Mapping[str, Any], error: MissingKeyError) -> dict[str, Any]:
        prepare(target)
        with connect(target) as client:
            return infer_key(client, given, error)

    with progress() as update, file_at(file, MAX_LIST_BYTES, update) as path:
        if path != Path(file) and options["rejects"] is None:
            options["rejects"] = Path()  # nothing is left beside a fetched file
        rejects = options["rejects"]
        if rejects is not None and path.is_dir() and not rejects.is_dir():
            raise UsageError(f"--rejects {rejects} is no folder; the lists of a folder need one for their rejected rows.")
        files = list_files(path, infer, **options)  # a folder is loaded whole or not at all
        prepare(target)
        with step(update, "adding labels"), connect(target) as client:
            if len(files) > 1 and options["complete"]:  # an edition may be refused only when it is compared with the loaded ones
                for one in files:
                    add_labels(client, one, **(options | {"dry_run": True}))
            return [add_labels(client, one, **options) for one in files], path.is_dir()


@labels.command("remove")
def labels_remove(
    source: RemovedSource = None,
    derived: Derived = None,
    network: Network = None,
    processing_date: Day = None,
    window_days: Window = None,
    from_day: FromDay = None,
    dry_run: DryRun = False,
    json: Json = False,
    target: Target = None,
) -> None:
    """Remove a publisher's labels, of all snapshots or of those named. Then run `trainer build` or `dbt run`.

    The table label_history keeps them.
    """
    from trainer.labels import remove_labels
    from trainer.training import remove_votes
    from trainer.warehouse import connect

    if (source is None) == (derived is None) or (derived is not None and from_day is not None):
        raise UsageError(
            "Give either --source, the publisher of labels, or --derived, the name of votes that a strategy derived."
        )
    verb = "would be removed" if dry_run else "removed"
    day, last_day = day_of(processing_date), day_of(from_day)
    result: dict[str, object] = {"source": source} if source is not None else {"name": derived}
    with working("removing labels"), connect(target) as client:
        if source is not None:
            removed = remove_labels(client, source, network, day, window_days, dry_run, from_day=last_day)
            ending = verb if last_day is None else f"{'would be ' if dry_run else ''}closed on {last_day}"
            line = f"{counted(removed, 'label')} of {source or 'custom'} {ending}"
        else:
            removed = remove_votes(client, str(derived), network, day, window_days, dry_run=dry_run)
            line = f"{counted(removed, 'vote')} of {derived} {verb}"
    if last_day is not None:
        result["from"] = str(last_day)
    emit(result | {"removed": removed, "dry_run": dry_run}, json, [line])


@labels.command("sources")
def labels_sources(json: Json = False, target: Target = None) -> None:
    """Show each source of labels: how many, how old, how many ended, and in which snapshots they match."""
    from trainer.labels import label_sources
    from trainer.reports import source_table
    from trainer.warehouse import connect

    with working("counting labels"), connect(target) as client:
        sources = label_sources(client)
    if json:
        emit({"sources": [one.as_dict() for one in sources]}, True, [])
    elif sources:
        print_tables([source_table(sources)])
    else:
        say("There are no labels yet; `trainer ingest` and `trainer labels add` load them.")


@labels.command("report")
def labels_report(
    network: Network = None,
    processing_date: Day = None,
    window_days: Window = None,
    html: Annotated[Path | None, typer.Option(help="Also write a page with charts to this file.", show_default=False)] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            help="Parquet file (address, is_illicit) to evaluate labels and scores on, such as the simulator's.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    target: Target = None,
) -> None:
    """Report the quality of a snapshot's labels: rules, strategies, publishers, conflicts, drift, models."""
    from trainer.labels import read_truth
    from trainer.reports import check_page_path, label_page, label_report, label_verdict, tables, write_page
    from trainer.warehouse import connect

    if html is not None:
        check_page_path(html)
    known = None if truth is None else read_truth(truth)
    with working("reading the audits"), connect(target) as client:
        report = label_report(client, network, day_of(processing_date), window_days, known)
    if html is not None:
        with working("drawing the page"):
            write_page(label_page(report), html)
        say(f"Wrote {html}")
    if json:
        emit(report.as_dict() | {"html": None if html is None else str(html)}, True, [])
        return
    print_lines([f"{report.network} {report.processing_date} {report.window_days}", *label_verdict(report), ""])
    print_tables(tables(report))


@labels.command("derive")
def labels_derive(
    strategy: Annotated[str, typer.Option(help="package.module:Class of your own LabelStrategy.")],
    network: Network = None,
    processing_date: Day = None,
    start_date: Day = None,
    end_date: Day = None,
    window_days: Window = None,
    model_type: ModelType = "alert_scorer",
    name: Annotated[str | None, typer.Option(help="Name of the votes [default: the class].", show_default=False)] = None,
    dry_run: DryRun = False,
    json: Json = False,
    target: Target = None,
) -> None:
    """Write the labels of a Python label strategy back as votes, in place of its earlier ones. Then run `dbt run`.

    It labels every snapshot of the selection, by default all. The strategies custom_priority, weighted_vote and label_model
    count these votes beside the rules'; they are never gold. `labels remove --derived` removes them.
    """
    from trainer.data import resolve_selection
    from trainer.training import derive_votes
    from trainer.warehouse import connect

    if processing_date is not None and (start_date is not None or end_date is not None):
        raise UsageError("--processing-date is one date, --start-date and --end-date are a range; give one or the other.")
    start, end = day_of(processing_date or start_date), day_of(processing_date or end_date)
    own = strategy_of(strategy)
    if isinstance(own, str):
        raise UsageError(f"--strategy '{strategy}' is no package.module:Class of your own; what dbt computes is a label already.")
    with working("deriving labels"), connect(target) as client:
        selection = resolve_selection(client, model_type, network, start, end, window_days)
        result = derive_votes(client, own, selection, model_type, name, dry_run=dry_run)
    emit(result.as_dict(), json, _derived_lines(result))
    if not dry_run:
        say("Run `trainer build` (or `dbt run`) to let label strategies count these votes.")


def _derived_lines(result: DerivedVotes) -> list[str]:
    verb = "would be written" if result.dry_run else "written"
    return [
        f"{result.votes:,} votes of {result.name} {verb} for {result.network} {', '.join(result.dates)} {result.window_days} "
        f"({result.risky:,} risky, {result.benign:,} benign), in place of {result.before:,}",
        f"  from {result.labelled:,} labels of {result.rows:,} rows; {result.tied:,} addresses are tied and have no vote",
    ]

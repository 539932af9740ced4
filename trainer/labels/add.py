"""Adds label lists to the label tables and removes them: all rows are checked first, then all are loaded or none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from trainer.addresses import network_problem
from trainer.errors import BadInputError, MissingKeyError, UsageError
from trainer.keys import FIRST_DATE, SNAPSHOT_KEY
from trainer.labels.added import LabelsAdded
from trainer.labels.categories import read_categories
from trainer.labels.checks import Checked, check_own, is_standing
from trainer.labels.editions import Edition
from trainer.labels.formats import AUTO, LabelFormat, choose
from trainer.labels.history import Origin
from trainer.labels.matches import matches
from trainer.labels.published import check_published
from trainer.labels.standing import DEFAULT_MAX_CLOSED, StoredStanding, standing_table, store_standing
from trainer.labels.store import Stored, label_table, store
from trainer.labels.taxonomy import RISK_LEVELS, read_taxonomy
from trainer.uploads import infer_key, map_columns, name_of, option, refusal, rejected_rows
from trainer.warehouse import RAW_STANDING_LABELS, create_tables, load

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

_GIVEN = ("network", "processing_date", "window_days", "source", "valid_from", "risk_level", "label")


Infer = Callable[[Mapping[str, Any], MissingKeyError], dict[str, Any]]


class AddOptions(TypedDict, total=False):
    """What applies to all rows of a list, and how it is loaded; every option may be left out.

    Attributes:
        network, processing_date, window_days, source: values for files without such a column; a column must agree with them.
            For a publisher's list, `network` selects the rows of that network and `source` replaces the publisher's name.
        valid_from: first day on which the labels hold; by default the list's own date, else they hold from the beginning.
        complete: the file is the whole list: labels of its source and list that it does not have no longer hold.
        max_closed: share of the list's labels that a complete edition may close.
        format: name of the label format, or `auto` to detect it.
        risk_level, label, confidence: values for the user's own files without such a column.
        columns: our name of a column → the file's, for the user's own tables.
        categories: CSV file that gives the categories of the user's own file their risk levels.
        dry_run: check and count, write nothing.
        skip_bad: load the good rows and write the others, with reasons, to `<file>.rejects.csv`.
        rejects: a new file, or a folder, to write them to instead.
    """

    network: str | None
    processing_date: date | None
    window_days: int | None
    source: str | None
    valid_from: date | None
    complete: bool
    max_closed: float
    format: str
    risk_level: str | None
    label: str | None
    confidence: float | None
    columns: Mapping[str, str] | None
    categories: Path | None
    dry_run: bool
    skip_bad: bool
    rejects: Path | None


def add_labels(client: Client, path: Path, **options: Unpack[AddOptions]) -> LabelsAdded:
    """Add the rows of a label list; adding a file again changes nothing.

    Without a processing date and a window, in the file or given, the labels are standing: they hold for every snapshot of the
    network from `valid_from`. A label replaces an older one of the same source, address and label with another value. A network,
    date or window that is needed and not said is inferred where the ingested snapshots leave one choice.

    Raises:
        BadInputError: the file cannot be read or lacks a column; or it is a user's own table with bad rows, and `skip_bad` is
            not set; or a complete edition is older than a loaded one or closes too much.
        UsageError: there is no such format or column, or options exclude each other.
    """
    dry_run, skip_bad = options.get("dry_run", False), options.get("skip_bad", False)
    inferred = Inferred(lambda given, error: infer_key(client, given, error))
    chosen, checked, ignored = inferred.read(path, options)
    options |= inferred.key
    edition = _edition(path, checked, options)
    rejected = checked.problems | checked.elsewhere
    is_wanted = skip_bad and not dry_run
    with (
        rejected_rows(path, checked.frame, rejected, options.get("rejects"), is_wanted=is_wanted) as rejects_file,
        load(client, f"`trainer labels add {name_of(path)}`"),
    ):
        create_tables(client)
        added = _result(path, chosen, checked, _store(client, path, checked, edition, dry_run))
    added.rejects_file, added.ignored_columns = rejects_file, ignored
    added.inferred = {name: str(value) for name, value in inferred.key.items()}
    if not checked.good.empty:
        where = matches(client, checked.good)
        added.matched, added.unknown, added.hints = where.matched, where.unknown, where.hints
    return added


def check_labels(path: Path, infer: Infer | None = None, **options: Unpack[AddOptions]) -> None:
    """Raise what `add_labels` would raise for the file itself.

    Args:
        infer: returns the parts of the key that `add_labels` would take from the warehouse, as `infer_key` does.
    """
    inferred = Inferred(infer)
    checked = inferred.read(path, options)[1]
    _edition(path, checked, options | inferred.key)


class Inferred:
    """Reads a file that may not say its network, date or window; `key` has what was inferred."""

    def __init__(self, infer: Infer | None) -> None:
        self.infer, self.key = infer, AddOptions()

    def read(self, path: Path, options: AddOptions) -> tuple[LabelFormat, Checked, list[str]]:
        """Return what `_read` returns, with the missing parts of the key inferred."""
        try:
            return _read(path, options | self.key)
        except MissingKeyError as error:
            if self.infer is None:
                raise
            self.key |= self.infer(options | self.key, error)  # type: ignore[typeddict-item]
            return self.read(path, options)


def _read(path: Path, options: AddOptions) -> tuple[LabelFormat, Checked, list[str]]:
    """Return the format, the checked rows, and the columns that the table does not have."""
    _require_call(options)
    chosen = choose(path, options.get("format", AUTO), own=bool(options.get("columns")))
    _require_own(path, chosen, options)
    checked, ignored = _check(path, chosen.load(path), chosen, options)
    if checked.problems and not options.get("skip_bad", False) and not chosen.publisher:
        raise refusal(path, checked.problems, len(checked.frame))
    return chosen, checked, ignored


def _require_call(options: AddOptions) -> None:
    """Refuse what is wrong for every row of any file: it is an error of the call, not of each row."""
    network, risk_level = options.get("network"), options.get("risk_level")
    if network is not None and (problem := network_problem(network)):
        raise UsageError(f"--network: {problem}.")
    if risk_level is not None and risk_level.strip().lower() not in RISK_LEVELS:
        raise UsageError(f"--risk-level '{risk_level[:64]}' is not one of {', '.join(RISK_LEVELS)}.")
    if risk_level is not None and options.get("categories") is not None:
        raise UsageError("--risk-level is one level for all rows, --map-category one for each word; give one or the other.")
    for name, day in (("processing_date", options.get("processing_date")), ("valid_from", options.get("valid_from"))):
        if day is not None and day > date.today():
            raise UsageError(f"{option(name)} {day} is in the future.")


def _require_own(path: Path, chosen: LabelFormat, options: AddOptions) -> None:
    of_own_files = ("risk_level", "label", "confidence", "categories")
    if chosen.publisher and any(options.get(name) is not None for name in of_own_files):
        raise UsageError(
            f"--risk-level, --label, --confidence and --map-category are for your own files; what the words of {path}, a list of "
            f"format '{chosen.name}', mean is decided by the seeds label_taxonomy and label_provenance."
        )


def _check(path: Path, frame: pd.DataFrame, chosen: LabelFormat, options: AddOptions) -> tuple[Checked, list[str]]:
    """Return the checked rows, and the columns that the table does not have."""
    import pandas as pd

    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    given: dict[str, Any] = {name: options.get(name) for name in _GIVEN} | {"confidence_score": options.get("confidence")}
    given["risk_level"] = None if given["risk_level"] is None else given["risk_level"].strip().lower()
    if chosen.publisher:
        return check_published(path, frame, given, chosen, read_taxonomy()), []
    columns, categories = options.get("columns") or {}, options.get("categories")
    known = {*SNAPSHOT_KEY, *RAW_STANDING_LABELS.types, "category"} - {"publisher", "list"}
    if unknown := [name for name in columns if name not in known]:
        raise UsageError(f"--map: there is no column {', '.join(unknown)} to map to; there are: {', '.join(sorted(known))}.")
    names = map_columns(path, list(frame.columns), columns)
    frame = frame[list(names.values())].set_axis(list(names), axis="columns")
    ignored = set(names) - known
    if categories is None:
        ignored.add("category")
    if not is_standing(names, given):
        ignored |= {"valid_from", "valid_to"}
    # `category` stays for the message that the file has no risk level.
    frame = frame.drop(columns=[name for name in names if name in ignored - {"category"}])
    own = None if categories is None else read_categories(categories)
    return check_own(path, frame, given, own), sorted(ignored & set(names))


def _edition(path: Path, checked: Checked, options: AddOptions) -> Edition:
    day, is_complete = options.get("valid_from"), options.get("complete", False)
    if not checked.is_standing and (is_complete or day is not None):
        raise UsageError(f"--complete and --valid-from are for standing labels; those of {path} belong to a snapshot.")
    if is_complete and (checked.good["source"] == "").any():
        raise BadInputError(f"{path} names no publisher, so that --complete cannot tell which labels to close; give --source.")
    max_closed = options.get("max_closed", DEFAULT_MAX_CLOSED)
    return Edition(name_of(path), options.get("network") or "", day, _own_day(checked), is_complete, max_closed)


def _own_day(checked: Checked) -> date | None:
    """Return the newest date that a standing list gives its labels; None if it gives none."""
    if not checked.is_standing or checked.good.empty:
        return None
    newest = date.fromisoformat(checked.good["valid_from"].max()[:10])
    return newest if newest > FIRST_DATE else None


def _store(client: Client, path: Path, checked: Checked, edition: Edition, dry_run: bool) -> Stored | StoredStanding:
    if checked.good.empty and edition.is_complete:
        raise BadInputError(
            f"As a complete edition, {path} would end every label of the list: none of its rows can be loaded. "
            "If that is so, end them with `trainer labels remove --source S --from DAY`."
        )
    if checked.good.empty:
        return Stored(0, 0, 0)
    origin = Origin(name_of(path), hashlib.sha256(path.read_bytes()).hexdigest())
    if checked.is_standing:
        return store_standing(client, standing_table(checked.good), edition, origin, dry_run=dry_run)
    return store(client, label_table(checked.good), origin, dry_run=dry_run)


def _result(path: Path, chosen: LabelFormat, checked: Checked, stored: Stored | StoredStanding) -> LabelsAdded:
    added = LabelsAdded(
        file=name_of(path),
        format=chosen.name,
        rows=len(checked.frame),
        addresses=checked.addresses,
        is_standing=checked.is_standing,
        added=stored.added,
        present=max(0, stored.distinct - stored.added),
        replaced=stored.replaced,
        repeated=len(checked.good) - stored.distinct,
        rejected=len(checked.problems),
        elsewhere=len(checked.elsewhere),
        unmapped=dict(sorted(checked.unmapped.items())),
        reasons=dict(sorted((checked.problems | checked.elsewhere).items())),
        by_risk_level={level: int(n) for level, n in sorted(checked.levels.items())},
    )
    if isinstance(stored, StoredStanding):
        added.closed, added.is_known_edition = stored.closed, stored.is_known
        added.edition_date = None if stored.day == FIRST_DATE else str(stored.day)
    return added

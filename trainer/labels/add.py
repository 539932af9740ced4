"""Adds label lists to the label tables and removes them: all rows are checked first, then all are loaded or none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, UsageError
from trainer.keys import FIRST_DATE, SNAPSHOT_KEY
from trainer.labels.categories import read_categories
from trainer.labels.checks import Checked, check_own, is_standing
from trainer.labels.editions import Edition
from trainer.labels.formats import AUTO, LabelFormat, choose
from trainer.labels.history import Origin
from trainer.labels.matches import matches
from trainer.labels.published import check_published
from trainer.labels.standing import DEFAULT_MAX_CLOSED, StoredStanding, standing_table, store_standing, withdraw_standing
from trainer.labels.store import Stored, label_table, sources, store, withdraw
from trainer.labels.taxonomy import read_taxonomy
from trainer.uploads import map_columns, refusal, write_rejects
from trainer.warehouse import RAW_STANDING_LABELS, create_tables

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client


@dataclass
class LabelsAdded:
    """The result of adding a label list.

    `rows` is the sum of added, present, repeated, rejected and elsewhere.

    Attributes:
        addresses: number of distinct valid addresses of the network in the list, with or without a risk level.
        is_standing: whether the labels hold from a day to a day; otherwise they belong to one snapshot.
        added, present, replaced: labels new to the warehouse, already in it, and older labels that new ones replace.
        closed: standing labels that a complete edition no longer has.
        edition_date: first day on which new labels hold and closed ones do not; None for labels that say nothing of days.
        repeated: rows that repeat another row of the list.
        rejected, elsewhere: bad rows, and rows whose address belongs to another network; `reasons` has both, by row number.
        unmapped: category → number of rows, for categories without a risk level in the taxonomy: they abstain.
        rejects_file: where the rejected rows were written, None if they were not.
        ignored_columns: columns of the file that the table does not have.
        by_risk_level: risk level → number of good rows, by the seeds as they are now.
        is_known_edition: whether this content was loaded before and a complete edition has followed it: nothing was changed.
        matched: ingested snapshot → number of the list's addresses in it that the labels apply to.
        unknown: number of the list's addresses in no snapshot that the labels could apply to: they change nothing.
        hints: near misses, as sentences.
    """

    file: str
    format: str
    rows: int
    addresses: int = 0
    is_standing: bool = False
    added: int = 0
    present: int = 0
    replaced: int = 0
    closed: int = 0
    edition_date: str | None = None
    repeated: int = 0
    rejected: int = 0
    elsewhere: int = 0
    unmapped: dict[str, int] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    rejects_file: str | None = None
    ignored_columns: list[str] = field(default_factory=list)
    by_risk_level: dict[str, int] = field(default_factory=dict)
    is_known_edition: bool = False
    matched: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    hints: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


def add_labels(
    client: Client,
    path: Path,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
    format: str = AUTO,
    source: str | None = None,
    dry_run: bool = False,
    skip_bad: bool = False,
    columns: Mapping[str, str] | None = None,
    *,
    valid_from: date | None = None,
    complete: bool = False,
    max_closed: float = DEFAULT_MAX_CLOSED,
    risk_level: str | None = None,
    label: str | None = None,
    confidence: float | None = None,
    categories: Path | None = None,
) -> LabelsAdded:
    """Add the rows of a label list; adding a file again changes nothing.

    Without a processing date and a window, in the file or given, the labels are standing: they hold for every snapshot of the
    network from `valid_from`. A label replaces an older one of the same source, address and label with another value.

    Args:
        network, processing_date, window_days, source: values for files without such a column; a column must agree with them.
            For a publisher's list, `network` selects the rows of that network and `source` replaces the publisher's name.
        format: name of the label format, or `auto` to detect it.
        dry_run: check and count, write nothing.
        skip_bad: load the good rows and write the others, with reasons, to `<file>.rejects.csv`.
        columns: our name of a column → the file's, for the user's own tables.
        valid_from: first day on which the labels hold; by default the list's own date, else they hold from the beginning.
        complete: the file is the whole list: labels of its source and list that it does not have no longer hold.
        max_closed: share of the list's labels that a complete edition may close.
        risk_level, label, confidence: values for the user's own files without such a column.
        categories: CSV file that gives the categories of the user's own file their risk levels.

    Raises:
        BadInputError: the file cannot be read or lacks a column; or it is a user's own table with bad rows, and `skip_bad` is
            not set; or a complete edition is older than a loaded one or closes too much.
        UsageError: there is no such format or column, or options exclude each other.
    """
    chosen = choose(path, format, own=bool(columns))
    given = {
        "network": network,
        "processing_date": processing_date,
        "window_days": window_days,
        "source": source,
        "valid_from": valid_from,
        "risk_level": risk_level,
        "label": label,
        "confidence_score": confidence,
    }
    if chosen.publisher and (risk_level, label, confidence, categories) != (None, None, None, None):
        raise UsageError(
            f"--risk-level, --label, --confidence and --map-category are for your own files; what the words of a list of format "
            f"'{chosen.name}' mean is decided by the seeds label_taxonomy and label_provenance."
        )
    frame = chosen.load(path)
    checked, ignored = _check(path, frame, chosen, given, columns or {}, categories)
    if not checked.is_standing and (complete or valid_from is not None):
        raise UsageError(f"--complete and --valid-from are for standing labels; those of {path} belong to a snapshot.")
    if checked.problems and not skip_bad and not chosen.publisher:
        raise refusal(path, checked.problems, len(checked.frame))
    rejected = checked.problems | checked.elsewhere
    rejects_file = write_rejects(path, checked.frame, rejected) if skip_bad and not dry_run else None
    create_tables(client)
    edition = Edition(str(path), network or "", valid_from, _own_day(checked), complete, max_closed)
    added = _result(path, chosen, checked, _store(client, path, checked, edition, dry_run))
    added.rejects_file, added.ignored_columns = rejects_file, ignored
    if not checked.good.empty:
        where = matches(client, checked.good)
        added.matched, added.unknown, added.hints = where.matched, where.unknown, where.hints
    return added


def list_files(path: Path, format: str = AUTO) -> list[Path]:
    """Return the file itself, or the files of a folder in order of their names: those of any format, or of the one given.

    Licences, notes on provenance, hidden files and rejects of earlier runs are left out.

    Raises:
        BadInputError: nothing is there, or the folder has no file.
    """
    if not path.is_dir():
        return [path]
    skipped = ("license", "licence", "readme", "provenance", "notice")
    files = [
        file
        for file in sorted(path.iterdir())
        if file.is_file()
        and not file.name.startswith(".")
        and not file.name.lower().startswith(skipped)
        and not file.name.endswith(".rejects.csv")
    ]
    if not files:
        raise BadInputError(f"There is no label list in the folder {path}.")
    for file in files:
        choose(file, format)  # fails before anything is loaded
    return files


def remove_labels(
    client: Client,
    source: str,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
    dry_run: bool = False,
    *,
    from_day: date | None = None,
) -> int:
    """Remove a source's labels and return how many; `label_history` keeps them.

    Args:
        network: limits the removal to a network; None matches all.
        processing_date, window_days: limit the removal to stamped labels of matching snapshots; None matches all labels.
        dry_run: count only.
        from_day: close the source's standing labels on that day instead: on the days before, they hold as they did.

    Raises:
        BadInputError: the source has no labels at all.
        UsageError: `from_day` is given with a date or a window, which are of stamped labels.
    """
    create_tables(client)
    known = sources(client)
    if source not in known:
        listed = ", ".join(repr(name) for name in known) or "none"
        raise BadInputError(f"There are no labels of source '{source}'; sources with labels: {listed}.")
    is_of_snapshot = processing_date is not None or window_days is not None
    if from_day is not None and is_of_snapshot:
        raise UsageError("--from is for standing labels; --processing-date and --window-days select stamped ones.")
    key = {"network": network, "processing_date": processing_date, "window_days": window_days}
    removed = 0 if from_day is not None else withdraw(client, source, key, dry_run=dry_run)
    return removed if is_of_snapshot else removed + withdraw_standing(client, source, network, from_day, dry_run=dry_run)


def _check(
    path: Path,
    frame: pd.DataFrame,
    chosen: LabelFormat,
    given: Mapping[str, Any],
    columns: Mapping[str, str],
    categories: Path | None,
) -> tuple[Checked, list[str]]:
    """Return the checked rows, and the columns that the table does not have."""
    import pandas as pd

    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    if chosen.publisher:
        return check_published(path, frame, given, chosen, read_taxonomy()), []
    known = {*SNAPSHOT_KEY, *RAW_STANDING_LABELS.types, "category"} - {"publisher", "list"}
    if unknown := [name for name in columns if name not in known]:
        raise UsageError(f"--map: there is no column {', '.join(unknown)} to map to; there are: {', '.join(sorted(known))}.")
    names = map_columns(path, list(frame.columns), columns)
    frame = frame[list(names.values())].set_axis(list(names), axis="columns")
    ignored = set(names) - known | ({"category"} if categories is None else set())
    if not is_standing(names, given):
        ignored |= {"valid_from", "valid_to"}
    frame = frame.drop(columns=[name for name in names if name in ignored])
    own = None if categories is None else read_categories(categories)
    return check_own(path, frame, given, own), sorted(ignored & set(names))


def _own_day(checked: Checked) -> date | None:
    """Return the newest date that a standing list gives its labels; None if it gives none."""
    if not checked.is_standing or checked.good.empty:
        return None
    newest = date.fromisoformat(checked.good["valid_from"].max()[:10])
    return newest if newest > FIRST_DATE else None


def _store(client: Client, path: Path, checked: Checked, edition: Edition, dry_run: bool) -> Stored | StoredStanding:
    if checked.good.empty:
        return Stored(0, 0, 0)
    origin = Origin(str(path), hashlib.sha256(path.read_bytes()).hexdigest())
    if checked.is_standing:
        return store_standing(client, standing_table(checked.good), edition, origin, dry_run=dry_run)
    return store(client, label_table(checked.good), origin, dry_run=dry_run)


def _result(path: Path, chosen: LabelFormat, checked: Checked, stored: Stored | StoredStanding) -> LabelsAdded:
    added = LabelsAdded(
        file=str(path),
        format=chosen.name,
        rows=len(checked.frame),
        addresses=checked.addresses,
        is_standing=checked.is_standing,
        added=stored.added,
        present=stored.distinct - stored.added,
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

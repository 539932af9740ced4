"""Adds label lists to `raw_address_labels` and removes them: all rows are checked first, then all are loaded or none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, UsageError
from trainer.keys import SNAPSHOT_KEY
from trainer.labels.checks import Checked, check_own, check_published
from trainer.labels.formats import AUTO, LabelFormat, choose
from trainer.labels.store import Origin, Stored, label_table, sources, store, withdraw
from trainer.labels.taxonomy import read_taxonomy
from trainer.uploads import map_columns, refusal, write_rejects
from trainer.warehouse import RAW_ADDRESS_LABELS, create_tables

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client


@dataclass
class LabelsAdded:
    """The result of adding a label list.

    `rows` is the sum of added, present, repeated, rejected, elsewhere and the counts in `unmapped`.

    Attributes:
        addresses: number of distinct valid addresses of the network in the list, with or without a risk level.
        added, present, replaced: labels new to the warehouse, already in it, and older labels that new ones replace.
        repeated: rows that repeat another row of the list.
        rejected, elsewhere: bad rows, and rows whose address belongs to another network; `reasons` has both, by row number.
        unmapped: category → number of rows, for categories to which the taxonomy gives no risk level: they abstain.
        rejects_file: where the rejected rows were written, None if they were not.
        ignored_columns: columns of the file that the table does not have.
        by_risk_level: risk level → number of good rows.
    """

    file: str
    format: str
    rows: int
    addresses: int = 0
    added: int = 0
    present: int = 0
    replaced: int = 0
    repeated: int = 0
    rejected: int = 0
    elsewhere: int = 0
    unmapped: dict[str, int] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    rejects_file: str | None = None
    ignored_columns: list[str] = field(default_factory=list)
    by_risk_level: dict[str, int] = field(default_factory=dict)

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
) -> LabelsAdded:
    """Add the rows of a label list; adding a file again changes nothing.

    A label replaces an older one of the same source, address and label with another risk level or confidence.

    Args:
        network, processing_date, window_days, source: values for files without such a column; a column must agree with them.
            For a publisher's list, `network` selects the rows of that network and `source` replaces the publisher's name.
        format: name of the label format, or `auto` to detect it.
        dry_run: check and count, write nothing.
        skip_bad: load the good rows and write the others, with reasons, to `<file>.rejects.csv`.
        columns: our name of a column → the file's, for the user's own tables.

    Raises:
        BadInputError: the file cannot be read or lacks a column; or it is a user's own table with bad rows, and `skip_bad` is
            not set.
        UsageError: there is no such format or column.
    """
    chosen = choose(path, format, own=bool(columns))
    frame = chosen.load(path)
    given = {"network": network, "processing_date": processing_date, "window_days": window_days, "source": source}
    checked, ignored = _check(path, frame, chosen, given, columns or {})
    if checked.problems and not skip_bad and not chosen.publisher:
        raise refusal(path, checked.problems, len(checked.frame))
    rejected = checked.problems | checked.elsewhere
    rejects_file = write_rejects(path, checked.frame, rejected) if skip_bad and not dry_run else None
    added = _result(path, chosen, checked, _store(client, path, checked, dry_run))
    added.rejects_file, added.ignored_columns = rejects_file, ignored
    return added


def remove_labels(
    client: Client,
    source: str,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
    dry_run: bool = False,
) -> int:
    """Remove a source's labels from `raw_address_labels` and return how many; `label_history` keeps them.

    Args:
        network, processing_date, window_days: limit the removal to matching snapshots; None matches all.
        dry_run: count only.

    Raises:
        BadInputError: the source has no labels at all.
    """
    create_tables(client)
    known = sources(client)
    if source not in known:
        listed = ", ".join(repr(name) for name in known) or "none"
        raise BadInputError(f"There are no labels of source '{source}'; sources with labels: {listed}.")
    key = {"network": network, "processing_date": processing_date, "window_days": window_days}
    return withdraw(client, source, key, dry_run=dry_run)


def _check(
    path: Path, frame: pd.DataFrame, chosen: LabelFormat, given: dict[str, Any], columns: Mapping[str, str]
) -> tuple[Checked, list[str]]:
    """Return the checked rows, and the columns that the table does not have."""
    import pandas as pd

    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    if chosen.publisher:
        return check_published(path, frame, given, chosen, read_taxonomy()), []
    known = (*SNAPSHOT_KEY, *RAW_ADDRESS_LABELS.types)
    if unknown := [name for name in columns if name not in known]:
        raise UsageError(f"--map: there is no column {', '.join(unknown)} to map to; there are: {', '.join(known)}.")
    names = map_columns(path, list(frame.columns), columns)
    frame = frame[list(names.values())].set_axis(list(names), axis="columns")
    return check_own(path, frame, given), sorted(set(names) - set(known))


def _store(client: Client, path: Path, checked: Checked, dry_run: bool) -> Stored:
    create_tables(client)
    if checked.good.empty:
        return Stored(0, 0, 0)
    origin = Origin(str(path), hashlib.sha256(path.read_bytes()).hexdigest())
    return store(client, label_table(checked.good), origin, dry_run=dry_run)


def _result(path: Path, chosen: LabelFormat, checked: Checked, stored: Stored) -> LabelsAdded:
    return LabelsAdded(
        file=str(path),
        format=chosen.name,
        rows=len(checked.frame),
        addresses=checked.addresses,
        added=stored.added,
        present=stored.distinct - stored.added,
        replaced=stored.replaced,
        repeated=len(checked.good) - stored.distinct,
        rejected=len(checked.problems),
        elsewhere=len(checked.elsewhere),
        unmapped=dict(sorted(checked.unmapped.items())),
        reasons=dict(sorted((checked.problems | checked.elsewhere).items())),
        by_risk_level={str(level): int(n) for level, n in checked.good["risk_level"].value_counts().sort_index().items()},
    )

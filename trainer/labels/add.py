"""Brings label lists into `raw_address_labels` and takes them out: every row checked first, then all of them or none."""

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
from trainer.warehouse import RAW_ADDRESS_LABELS, create_tables

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

SHOWN_ERRORS = 10


@dataclass
class LabelsAdded:
    """What a label list brought. Its rows are added + present + repeated + rejected + elsewhere + those of `unmapped`.

    Attributes:
        addresses: distinct addresses of the network in the list, whether or not their label has a meaning.
        added, present, replaced: labels new to the warehouse, there before, and older ones that new ones replace.
        repeated: rows that say what another row of the list says.
        rejected, elsewhere: rows that are bad, and rows whose address is another network's; `reasons` has both, by row.
        unmapped: category → rows, for categories that the taxonomy gives no risk level: they abstain.
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

    A label that the same source gives the same address with another risk level or confidence replaces the older one.

    Args:
        network, processing_date, window_days, source: for files without such a column; where there is one they must agree.
            Of a publisher's list `network` takes the rows of that network, and `source` goes before the publisher's name.
        skip_bad: load the good rows and write the others, with reasons, to `<file>.rejects.csv`.
        columns: our name of a column → the file's, for tables of the user's own.

    Raises:
        BadInputError: the file cannot be read, lacks a column, or, a table of the user's own, has bad rows (all are listed
            by number) without `skip_bad`.
        UsageError: there is no such format or column.
    """
    chosen = choose(path, format, own=bool(columns))
    frame = chosen.load(path)
    given = {"network": network, "processing_date": processing_date, "window_days": window_days, "source": source}
    checked, ignored = _check(path, frame, chosen, given, columns or {})
    if checked.problems and not skip_bad and not chosen.publisher:
        raise _refusal(path, checked)
    rejects_file = _write_rejects(path, checked) if skip_bad and not dry_run else None
    create_tables(client)
    origin = Origin(str(path), hashlib.sha256(path.read_bytes()).hexdigest())
    stored = store(client, label_table(checked.good), origin, dry_run=dry_run) if len(checked.good) else Stored(0, 0, 0)
    added = _result(path, chosen, checked, stored)
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
    """Take a source's labels out of `raw_address_labels` and return how many; `label_history` keeps them.

    Raises:
        BadInputError: the source has no labels at all.
    """
    create_tables(client)
    known = sources(client)
    if source not in known:
        there = ", ".join(repr(name) for name in known) or "none"
        raise BadInputError(f"There are no labels of source '{source}'; there are those of: {there}.")
    key = {"network": network, "processing_date": processing_date, "window_days": window_days}
    return withdraw(client, source, key, dry_run=dry_run)


def _check(
    path: Path, frame: pd.DataFrame, chosen: LabelFormat, given: dict[str, Any], columns: Mapping[str, str]
) -> tuple[Checked, list[str]]:
    """Return the checked rows and the columns that the table has no place for."""
    import pandas as pd

    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    if chosen.publisher:
        return check_published(path, frame, given, chosen, read_taxonomy()), []
    frame = _renamed(path, frame, columns)
    ignored = sorted(set(frame.columns) - {*RAW_ADDRESS_LABELS.types, *SNAPSHOT_KEY})
    return check_own(path, frame, given), ignored


def _renamed(path: Path, frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    known = (*SNAPSHOT_KEY, *RAW_ADDRESS_LABELS.types)
    if odd := [name for name in columns if name not in known]:
        raise UsageError(f"--map: there is no column {', '.join(odd)} to map to; there are: {', '.join(known)}.")
    if missing := [name for name in columns.values() if name not in frame.columns]:
        raise BadInputError(f"{path} has no column {', '.join(missing)}; it has: {', '.join(frame.columns)[:500]}.")
    # A column may serve twice, and one of ours that the file happens to have gives way to what is mapped to it.
    kept = frame.drop(columns=[name for name in {*columns, *columns.values()} if name in frame.columns])
    return kept.assign(**{ours: frame[theirs] for ours, theirs in columns.items()})


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


def _refusal(path: Path, checked: Checked) -> BadInputError:
    problems = checked.problems
    shown = "; ".join(f"row {row}: {problems[row]}" for row in sorted(problems)[:SHOWN_ERRORS])
    more = f"; and {len(problems) - SHOWN_ERRORS} more rows" if len(problems) > SHOWN_ERRORS else ""
    return BadInputError(f"{path}: {len(problems)} of {len(checked.frame)} rows are bad, nothing was loaded: {shown}{more}.")


def _write_rejects(path: Path, checked: Checked) -> str | None:
    reasons = checked.problems | checked.elsewhere
    if not reasons:
        return None
    rejects = path.with_name(path.name + ".rejects.csv")
    bad = checked.frame[checked.frame.index.isin(reasons)]
    try:
        bad.assign(reason=[reasons[row] for row in bad.index]).to_csv(rejects)
    except OSError as error:
        raise BadInputError(f"{rejects} cannot be written ({error.strerror}), nothing was loaded.") from error
    return str(rejects)

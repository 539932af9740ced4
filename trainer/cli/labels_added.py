"""What `labels add` says about a list: what it was read as, what was added, and what was not and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.cli.output import counted, say

if TYPE_CHECKING:
    from trainer.labels import LabelsAdded

SHOWN_REASONS = 10
SHOWN_SNAPSHOTS = 5
_ROWS = ("rows", "added", "present", "repeated", "rejected", "elsewhere")


def added_lines(files: Sequence[LabelsAdded], dry_run: bool, *, is_folder: bool) -> list[str]:
    """Return the result: a line for a file; for a folder a line for each file with rows of the network, and the total."""
    if not is_folder:
        return [_line(files, dry_run)]
    lines = [f"{Path(one.file).name}: {_line([one], dry_run)}" for one in files if one.rows > one.elsewhere]
    return [*lines, f"{counted(len(files), 'file')}, {_line(files, dry_run)}"]


def _line(files: Sequence[LabelsAdded], dry_run: bool) -> str:
    """Return the counts: those before the bracket are rows and add up to the first, those in it are labels added or present."""
    total = {name: sum(getattr(one, name) for one in files) for name in _ROWS}
    verb = "would be added" if dry_run else "added"
    parts = [f"{counted(total['added'], 'label')} {verb}", f"{total['present']:,} already present"]
    parts += [f"{total['repeated']:,} repeated"] if total["repeated"] else []
    parts += [f"{total['rejected']:,} rejected"]
    parts += [f"{total['elsewhere']:,} of other networks"] if total["elsewhere"] else []
    abstaining = sum(sum(one.unmapped.values()) for one in files)
    known = [f"{count:,} {level}" for level, count in sorted(_summed(one.by_risk_level for one in files).items())]
    meaning = [*known, *([f"{abstaining:,} abstain"] if abstaining else [])]
    closed, days = sum(one.closed for one in files), {one.edition_date for one in files if one.closed}
    ended = f"; {counted(closed, 'label')} closed" + (f" on {days.pop()}" if len(days) == 1 else "") if closed else ""
    bracket = f" ({', '.join(meaning)})" if meaning else ""
    return f"{counted(total['rows'], 'row')}: {', '.join(parts)}{bracket}{ended}"


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            total[name] = total.get(name, 0) + count
    return total


def say_added(added: LabelsAdded, meanings: str) -> None:
    """Say on stderr what the list was read as and what did not become a label.

    Args:
        meanings: what gives the list's words a risk level.
    """
    if added.rows == added.elsewhere:
        say(f"{added.file}: read as {added.format}; {_elsewhere(added)}")
        return
    say(f"{added.file}: read as {added.format}, {_validity(added)}")
    if added.inferred:
        say(f"{added.file}: {inferred_from(added.inferred)}")
    if added.is_known_edition:
        say(f"{added.file}: this content was loaded before, nothing was changed; --valid-from makes it an edition of that day")
    if added.ignored_columns:
        say(f"{added.file}: columns not loaded: {', '.join(added.ignored_columns)}")
    _say_rejected(added)
    if added.elsewhere:
        say(f"{added.file}: {_elsewhere(added)}")
    if added.repeated:
        say(f"{added.file}: {counted(added.repeated, 'row')} {'repeats' if added.repeated == 1 else 'repeat'} others")
    if added.replaced:
        say(f"{added.file}: replaces {counted(added.replaced, 'older label')}")
    if added.unmapped:
        rows = sum(added.unmapped.values())
        verb = "abstains" if rows == 1 else "abstain"
        say(f"{added.file}: {counted(rows, 'label')} {verb}: {meanings} has no risk level for {_first(added.unmapped)}")
    _say_matches(added)


def inferred_from(key: dict[str, str]) -> str:
    """Return what a file was taken to be of, as a phrase."""
    what = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in key.items())
    return f"taken as of {what}, the only choice that the ingested snapshots leave"


def _validity(added: LabelsAdded) -> str:
    if not added.is_standing:
        return "labels of the snapshots that it names"
    return "standing labels, " + (f"edition of {added.edition_date}" if added.edition_date else "for snapshots of any date")


def _elsewhere(added: LabelsAdded) -> str:
    whose = ", ".join(f"{count:,} {what}" for what, count in added.other_networks.items())
    return f"{counted(added.elsewhere, 'row')} skipped: another network's address ({whose})"


def _say_rejected(added: LabelsAdded) -> None:
    if added.rejects_file:
        say(f"{added.file}: {counted(len(added.reasons), 'row')} not loaded; they are in {added.rejects_file}, with reasons")
        return
    bad = added.bad_rows
    for row, reason in [*bad.items()][:SHOWN_REASONS]:
        say(f"{added.file}, row {row}: {reason}")
    if len(bad) > SHOWN_REASONS:
        more = counted(len(bad) - SHOWN_REASONS, "more bad row")
        say(f"{added.file}: and {more}; --json lists all, --skip-bad writes them to a file")


def _say_matches(added: LabelsAdded) -> None:
    if added.matched:
        most = sorted(added.matched.items(), key=lambda item: (-item[1], item[0]))
        more = f" and {counted(len(most) - SHOWN_SNAPSHOTS, 'more snapshot')}" if len(most) > SHOWN_SNAPSHOTS else ""
        shown = ", ".join(f"{snapshot} ({count:,})" for snapshot, count in most[:SHOWN_SNAPSHOTS])
        say(f"{added.file}: addresses that occur in a snapshot: {shown}{more}")
    if added.unknown:
        noun = "address is" if added.unknown == 1 else "addresses are"
        say(f"{added.file}: {added.unknown:,} {noun} in no ingested snapshot that the labels apply to")
    for hint in added.hints:
        say(f"{added.file}: {hint}")


def _first(unmapped: dict[str, int], shown: int = 12) -> str:
    most = sorted(unmapped.items(), key=lambda item: (-item[1], item[0]))
    more = f" and {len(most) - shown} more" if len(most) > shown else ""
    return ", ".join(f"{category} ({count:,})" for category, count in most[:shown]) + more

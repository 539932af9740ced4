"""What `labels add` says about a list: what it was read as, what was added, and what was not and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.cli.output import say

if TYPE_CHECKING:
    from trainer.labels import LabelsAdded

SHOWN_REASONS = 10
SHOWN_SNAPSHOTS = 5


def added_line(added: LabelsAdded, dry_run: bool) -> str:
    """Return the result in one line."""
    verb = "would be added" if dry_run else "added"
    levels = ", ".join(f"{count} {level}" for level, count in added.by_risk_level.items())
    abstaining = sum(added.unmapped.values())
    meaning = ", ".join(filter(None, [levels, f"{abstaining} abstain" if abstaining else ""])) or "none"
    closed = f", {added.closed} closed on {added.edition_date}" if added.closed else ""
    return (
        f"{added.added} labels {verb}, {added.present} already present{closed}, {added.rejected} rejected "
        f"(rows of the file: {meaning})"
    )


def say_added(added: LabelsAdded) -> None:
    """Say on stderr what the list was read as and what did not become a label."""
    since = added.edition_date or "the beginning"
    validity = f"standing labels from {since}" if added.is_standing else "labels of one snapshot"
    say(f"{added.file}: read as {added.format}, {validity}")
    if added.is_known_edition:
        say(
            f"{added.file}: this content was loaded before, and a complete edition has followed it; nothing was changed. "
            "--valid-from makes it an edition of that day"
        )
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
        say(
            f"{added.file}: {sum(added.unmapped.values())} rows abstain: the seed label_taxonomy has no risk level for "
            f"{_first(added.unmapped)}"
        )
    _say_matches(added)


def _say_matches(added: LabelsAdded) -> None:
    if added.matched:
        most = sorted(added.matched.items(), key=lambda item: (-item[1], item[0]))
        more = f" and {len(most) - SHOWN_SNAPSHOTS} more snapshots" if len(most) > SHOWN_SNAPSHOTS else ""
        shown = ", ".join(f"{snapshot} ({count})" for snapshot, count in most[:SHOWN_SNAPSHOTS])
        say(f"{added.file}: addresses that occur in a snapshot: {shown}{more}")
    if added.unknown:
        noun = "address is" if added.unknown == 1 else "addresses are"
        say(f"{added.file}: {added.unknown} {noun} in no ingested snapshot that the labels apply to")
    for hint in added.hints:
        say(f"{added.file}: {hint}")


def _first(unmapped: dict[str, int], shown: int = 12) -> str:
    most = sorted(unmapped.items(), key=lambda item: (-item[1], item[0]))
    more = f" and {len(most) - shown} more" if len(most) > shown else ""
    return ", ".join(f"{category} ({count})" for category, count in most[:shown]) + more

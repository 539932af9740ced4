"""Removes the labels of a source, or ends standing ones on a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from trainer.errors import BadInputError, UsageError
from trainer.labels.standing import withdraw_standing
from trainer.labels.store import sources, withdraw
from trainer.warehouse import create_tables, load, was_interrupted

if TYPE_CHECKING:
    from trainer.warehouse import Client

UNNAMED = "custom"
"""Name under which labels that name no publisher are listed and removed."""


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
        source: the publisher; `custom` for labels that name none, as in `labels sources`.
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
    if source == UNNAMED and UNNAMED not in known:
        source = ""
    command = f"`trainer labels remove --source '{source or UNNAMED}'`"
    if source not in known and not was_interrupted(client, command):
        listed = ", ".join(repr(name or UNNAMED) for name in known) or "none"
        raise BadInputError(f"There are no labels of source '{source}'; sources with labels: {listed}.")
    is_of_snapshot = processing_date is not None or window_days is not None
    if from_day is not None and is_of_snapshot:
        raise UsageError("--from is for standing labels; --processing-date and --window-days select stamped ones.")
    if from_day is not None and from_day > date.today():
        raise UsageError(f"--from {from_day} is in the future.")
    key = {"network": network, "processing_date": processing_date, "window_days": window_days}
    with load(client, command):
        removed = 0 if from_day is not None else withdraw(client, source, key, dry_run=dry_run)
        return removed if is_of_snapshot else removed + withdraw_standing(client, source, network, from_day, dry_run=dry_run)

"""Records changes of labels in `label_history`, which is only ever appended to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainer.keys import FIRST_DATE
from trainer.warehouse import LABEL_HISTORY, Table

if TYPE_CHECKING:
    from trainer.warehouse import Client

ADDED, CLOSED, REMOVED, REPLACED = "added", "closed", "removed", "replaced"


@dataclass(frozen=True)
class Origin:
    """The file that a change comes from; empty for a command without a file."""

    file: str = ""
    sha256: str = ""


def record(client: Client, side: str, event: str, origin: Origin, *, table: Table, where: str = "true") -> None:
    """Record an event of the rows of a side table of `table`; a standing label has the date 1970-01-01 and window 0.

    Call it before the change itself: if the process is killed in between, running the command again records the event twice,
    which is better than never.
    """
    columns = [name for name in table.all_columns if name in LABEL_HISTORY.all_columns]
    names = ", ".join(columns)
    key = "" if table.has_snapshot_key else f"toDate('{FIRST_DATE}') AS processing_date, 0 AS window_days, "
    stamps = "" if table.has_snapshot_key else "processing_date, window_days, "
    client.command(
        f"INSERT INTO {LABEL_HISTORY.name} ({stamps}{names}, event, file, file_sha256, changed_at) "
        f"SELECT {key}{names}, {{event:String}}, {{file:String}}, {{sha256:String}}, now64(3) FROM {side} WHERE {where}",
        parameters={"event": event, "file": origin.file, "sha256": origin.sha256},
        settings={"max_partitions_per_insert_block": 0},
    )

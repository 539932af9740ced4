"""Whether what is read is whole: a killed load leaves some snapshots changed, a killed or failed dbt run tables of two builds.

The table `build_marks` has a numbered mark for each piece of work that started and one for each that finished: models and seeds,
which dbt marks, and loads, which the trainer marks where they change more than one partition.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trainer.errors import NotBuiltError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

LOAD = "load."  # prefix of the loads among the marks
STARTED, FINISHED = "started", "finished"
WHOLE = "whole"  # stands for all models


@contextmanager
def one_build(client: Client) -> Iterator[None]:
    """Check that what the block reads was loaded and built to the end, and that nothing was while it was read.

    Raises:
        NotBuiltError: a load or a dbt run was killed or failed, is under way, or has started since.
    """
    before = _newest_finished(client)
    yield
    if _newest_finished(client) != before:
        raise NotBuiltError("The warehouse has changed while it was read; run the command again.")


def unfinished(client: Client, prefix: str = "") -> list[str]:
    """Return what was started and not finished, sorted: dbt's unique ids, and loads; only what has the prefix."""
    query = """
        SELECT node FROM build_marks WHERE startsWith(node, {prefix:String}) GROUP BY node
        HAVING maxIf(build, event = 'started') > maxIf(build, event = 'finished') ORDER BY node
    """
    return [node for (node,) in client.query(query, parameters={"prefix": prefix}).result_rows]


def mark(client: Client, node: str, event: str) -> None:
    """Record that a piece of work starts, under the next number, or that it is finished."""
    number = "max(build) + 1" if event == STARTED else "maxIf(build, node = {node:String})"
    client.command(
        "INSERT INTO build_marks (node, event, build, invocation_id) "
        f"SELECT {{node:String}}, {{event:String}}, {number}, '' FROM build_marks",
        parameters={"node": node, "event": event},
    )


def load_number(client: Client, name: str) -> int:
    """Return the number under which a load was started last."""
    query = "SELECT max(build) FROM build_marks WHERE node = {node:String} AND event = 'started'"
    return int(client.query(query, parameters={"node": LOAD + name}).result_rows[0][0])


def whole_build(client: Client) -> tuple[int, datetime | None]:
    """Return the number of the last dbt run that built every model, and when it started (UTC); 0 and None if there is none."""
    query = """
        SELECT build, toUnixTimestamp64Milli(marked_at) FROM build_marks FINAL
        WHERE node = {node:String} AND event = 'finished'
    """
    rows = client.query(query, parameters={"node": WHOLE}).result_rows
    return (int(rows[0][0]), datetime.fromtimestamp(rows[0][1] / 1000, UTC)) if rows else (0, None)


def _newest_finished(client: Client) -> int:
    """Return the number of the newest mark; 0 if the tables are of an earlier version, which did not count them."""
    exists = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'build_marks'"
    if not client.query(exists).result_rows[0][0]:
        return 0
    missing = unfinished(client)
    if loads := [node.removeprefix(LOAD) for node in missing if node.startswith(LOAD)]:
        raise NotBuiltError(f"{loads[0]} was interrupted, or is still under way; run it again to its end, then `dbt run`.")
    if missing:
        names = ", ".join(node.rpartition(".")[2] for node in missing[:3]) + (", …" if len(missing) > 3 else "")
        are_seeds = any(node.startswith("seed.") for node in missing)
        raise NotBuiltError(
            f"The last `dbt run` failed, was killed or is still under way, so that {len(missing)} of its tables may be of an "
            f"earlier one ({names}); run {'`dbt seed --full-refresh` and `dbt run`' if are_seeds else '`dbt run`'} to the end."
        )
    return int(client.query("SELECT max(build) FROM build_marks").result_rows[0][0])

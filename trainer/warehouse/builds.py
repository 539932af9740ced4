"""Whether the tables that dbt builds are of one finished build: a killed or failed run leaves tables of two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trainer.errors import NotBuiltError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


@contextmanager
def one_build(client: Client) -> Iterator[None]:
    """Check that what the block reads was built by finished runs, and that no run started while it was read.

    Raises:
        NotBuiltError: a dbt run was killed or failed, is under way, or has started since.
    """
    before = _newest_finished(client)
    yield
    if _newest_finished(client) != before:
        raise NotBuiltError("`dbt run` has rebuilt tables while they were read; run the command again.")


def unfinished(client: Client) -> list[str]:
    """Return the models and seeds that a run started and did not finish, as dbt's unique ids, sorted."""
    query = """
        SELECT node FROM build_marks GROUP BY node
        HAVING maxIf(build, event = 'started') > maxIf(build, event = 'finished') ORDER BY node
    """
    return [node for (node,) in client.query(query).result_rows]


def _newest_finished(client: Client) -> int:
    """Return the number of the newest build; 0 if an earlier version, which did not count them, built the tables."""
    exists = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'build_marks'"
    if not client.query(exists).result_rows[0][0]:
        return 0
    if missing := unfinished(client):
        names = ", ".join(node.rpartition(".")[2] for node in missing[:3]) + (", …" if len(missing) > 3 else "")
        are_seeds = any(node.startswith("seed.") for node in missing)
        raise NotBuiltError(
            f"The last `dbt run` failed, was killed or is still under way, so that {len(missing)} of its tables may be of an "
            f"earlier one ({names}); run {'`dbt seed --full-refresh` and `dbt run`' if are_seeds else '`dbt run`'} to the end."
        )
    return int(client.query("SELECT max(build) FROM build_marks").result_rows[0][0])

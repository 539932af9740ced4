"""Opens a client for a target of profiles.yml."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from trainer import settings
from trainer.errors import BadInputError, NotBuiltError, WarehouseError
from trainer.warehouse.damage import damage_problem
from trainer.warehouse.failures import failure_of, guard, reason_of
from trainer.warehouse.insert import prepared
from trainer.warehouse.lock import folder_problem
from trainer.warehouse.replicated import create_database
from trainer.warehouse.spelling import with_canonical_addresses
from trainer.warehouse.writing import writing

if TYPE_CHECKING:
    import pandas as pd
    from clickhouse_connect.driver.client import Client


def connect(target: str | None = None, *, accept_damage: bool = False) -> Client:
    """Open a clickhouse_connect client for a target of profiles.yml, its database created and selected.

    A plain client in every respect but one: `insert_df` takes dates as text, as the guide writes them, and refuses rows without
    a date, a window or a network.
    Use it as a context manager: an embedded warehouse is open in one process at a time.

    Args:
        accept_damage: open the warehouse although parts of its tables are damaged and their rows missing.

    Raises:
        WarehouseError: the folder is held by another process, the server is down or refuses the credentials, or a part of a table
            is damaged.
    """
    from clickhouse_connect.driver.exceptions import ClickHouseError

    # The error that follows says in one sentence what the driver would log.
    for library in ("clickhouse_connect", "urllib3"):
        logging.getLogger(library).addHandler(logging.NullHandler())
    chosen = settings.target(target)
    # Checked first, because the engine's own message is no sentence and goes straight to stderr.
    if chosen.path is not None and (problem := folder_problem(chosen.path)) is not None:
        raise WarehouseError(problem)
    try:
        client = _opened(chosen)
        create_database(client, chosen)
        client.database = chosen.database
    except (ClickHouseError, OSError) as error:
        raise WarehouseError(_reason(chosen, error)) from error
    except Exception as error:  # what a server answered cannot be read
        raise failure_of(error, _place(chosen)) or error from error
    guard(client, _place(chosen), is_server=chosen.path is None)
    if not accept_damage and (problem := damage_problem(client)) is not None:
        client.close()
        raise WarehouseError(problem)
    return _with_prepared_frames(client)


def _opened(target: settings.Target) -> Client:
    import clickhouse_connect

    options = {"join_use_nulls": 1} | target.settings
    if target.path is not None:
        return clickhouse_connect.get_client(interface="chdb", path=str(target.path), settings=options)
    return clickhouse_connect.get_client(
        interface="https" if target.secure else "http",
        host=target.host,
        port=target.port,
        username=target.user,
        password=target.password,
        settings=options,
        connect_timeout=10,
        send_receive_timeout=target.stall_seconds,
        client_name="trainer",
        autogenerate_session_id=False,
    )


def table_exists(client: Client, table: str) -> bool:
    """Return whether the selected database has a table or view of that name."""
    return bool(
        client.query(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
            parameters={"table": table},
        ).result_rows[0][0]
    )


def require_table(client: Client, table: str, column: str = "") -> None:
    """Check that a table that dbt builds exists, and has a column if one is given.

    Raises:
        NotBuiltError: it does not exist, or an earlier version built it.
    """
    if not table_exists(client, table):
        raise NotBuiltError(f"There is no table {table} in the warehouse; run `dbt run` first.")
    columns = "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
    if column and (column,) not in client.query(columns, parameters={"table": table}).result_rows:
        raise NotBuiltError(f"An earlier version built the table {table}; run `dbt run` first.")


def _place(target: settings.Target) -> str:
    if target.path is None:
        return f"The ClickHouse server at {target.host}:{target.port}"
    return f"The embedded warehouse {target.path}"


def _reason(target: settings.Target, error: Exception) -> str:
    text = str(error)
    if target.path is None:
        where = f"{target.host}:{target.port}"
        if "AUTHENTICATION_FAILED" in text or "Code: 516" in text or "uthentication failed" in text:
            return (
                f"The ClickHouse server at {where} refused user '{target.user}'; check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD."
            )
        return f"The ClickHouse server at {where} cannot be reached ({reason_of(text)}); is it up (`make up`)?"
    # Another process may have opened it since the check.
    return folder_problem(target.path) or f"The warehouse folder {target.path} cannot be opened: {reason_of(text)}."


def _with_prepared_frames(client: Client) -> Client:
    """Make `client.insert_df` accept dates as text, as the guide's DataFrame has them, and refuse rows without a key."""
    insert_df = client.insert_df

    def insert_prepared(table: str, df: pd.DataFrame, *args: Any, **kwargs: Any) -> Any:
        # A list may have more than a hundred sources, and labels more than a hundred dates.
        kwargs["settings"] = {"max_partitions_per_insert_block": 0} | (kwargs.get("settings") or {})
        with writing(client):
            return insert_df(table, with_canonical_addresses(table, _prepared(client, table, df)), *args, **kwargs)

    client.insert_df = insert_prepared
    return client


def _prepared(client: Client, table: str, df: pd.DataFrame) -> pd.DataFrame:
    query = "SELECT name, type FROM system.columns WHERE concat(database, '.', table) = {table:String} ORDER BY position"
    full = table if "." in table else f"{client.database}.{table}"
    types = dict(client.query(query, parameters={"table": full}).result_rows)
    if not types:
        raise BadInputError(f"There is no table {full}; `trainer init` creates the trainer's own.")
    return prepared(table, types, df)

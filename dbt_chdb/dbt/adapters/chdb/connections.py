"""Connections to the embedded engine: dbt-clickhouse's client, with chDB in place of HTTP."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError
from dbt.adapters.clickhouse.column import ClickHouseColumn
from dbt.adapters.clickhouse.connections import ClickHouseConnectionManager
from dbt.adapters.clickhouse.dbclient import ChClientWrapper
from dbt.adapters.clickhouse.httpclient import ChHttpClient
from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.exceptions import FailedToConnectError
from dbt_common.exceptions import DbtDatabaseError

from dbt.adapters.chdb.credentials import ChdbCredentials
from trainer.warehouse.damage import damage_problem
from trainer.warehouse.lock import folder_problem


class ChdbClient(ChHttpClient):
    """dbt-clickhouse's HTTP client, with a clickhouse-connect client of the engine in this process.

    clickhouse-connect accepts the settings of the HTTP transport (session_id, query_id) but does not pass them to the engine.
    """

    _cancelled = False
    _running = 0

    def query(self, sql: str, **kwargs: Any) -> Any:
        """Run a query, unless the connection was cancelled."""
        with self._in_flight():
            return super().query(sql, **kwargs)

    def command(self, sql: str, **kwargs: Any) -> Any:
        """Run a statement, unless the connection was cancelled."""
        with self._in_flight():
            return super().command(sql, **kwargs)

    def columns_in_query(self, sql: str, **kwargs: Any) -> list[ClickHouseColumn]:
        """Return the columns of a query without planning it, which `LIMIT 0` would: for wide models that takes as long again."""
        described = self.query(f"DESCRIBE TABLE (\n{sql}\n)", **kwargs).result_rows
        return [ClickHouseColumn.create(name, of_type) for name, of_type, *_ in described]

    @contextmanager
    def _in_flight(self) -> Iterator[None]:
        if self._cancelled:
            raise DbtDatabaseError("The query was not started: dbt was interrupted.")
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def _create_client(self, credentials: ChdbCredentials) -> Any:
        # `cancel` finds the queries of this connection by this mark; the engine exposes no other identifier
        self._mark = self._conn_settings.setdefault("log_comment", self._conn_settings["session_id"])
        self._path = credentials.path
        # otherwise the engine keeps dropped tables for eight minutes, and whoever opens the folder next has to load them
        self._conn_settings.setdefault("database_atomic_wait_for_drop_and_detach_synchronously", "1")
        problem = folder_problem(credentials.path)
        if problem:
            raise FailedToConnectError(problem)
        try:
            client = clickhouse_connect.get_client(
                interface="chdb", path=credentials.path, query_limit=0, settings=self._conn_settings
            )
        except ClickHouseError as error:
            # another process may have opened the folder since it was checked
            raise FailedToConnectError(folder_problem(credentials.path) or _first_line(error)) from error
        if (problem := damage_problem(client, credentials.schema)) is not None:
            client.close()
            raise FailedToConnectError(problem)
        return client

    def _ensure_database(self, database_engine: str | None, cluster_name: str | None) -> None:
        # dbt-clickhouse caches existing databases by name, but one process may switch between folders
        ChClientWrapper.database_dropped(self, self.database)
        super()._ensure_database(database_engine, cluster_name)

    def cancel(self) -> None:
        """Kill the query that another thread is running on this connection; closing would wait for its end."""
        self._cancelled = True
        kill = "KILL QUERY WHERE Settings['log_comment'] = {mark:String} ASYNC"
        with clickhouse_connect.get_client(interface="chdb", path=self._path) as other:
            while self._running:  # repeated, because a query that was just sent cannot be killed yet
                other.command(kill, parameters={"mark": self._mark})
                time.sleep(0.05)


class ChdbConnectionManager(ClickHouseConnectionManager):
    """One connection per dbt thread, all to the one engine of this process."""

    TYPE = "chdb"

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        if connection.state == ConnectionState.OPEN:
            return connection
        # no retries: the reasons why an embedded engine cannot be opened are not transient
        try:
            connection.handle = ChdbClient(cls.get_credentials(connection.credentials))
        except Exception:
            connection.handle = None
            connection.state = ConnectionState.FAIL
            raise
        connection.state = ConnectionState.OPEN
        return connection

    def cancel(self, connection: Connection) -> None:
        connection.handle.cancel()
        super().cancel(connection)


def _first_line(error: Exception) -> str:
    """Return the error's message without the engine's stack trace."""
    return str(error).split(", Stack trace", 1)[0].split("\n", 1)[0]

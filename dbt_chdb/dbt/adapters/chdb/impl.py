"""The adapter class: dbt-clickhouse's, with connections to the embedded engine."""

from dbt.adapters.clickhouse.impl import ClickHouseAdapter

from dbt.adapters.chdb.connections import ChdbConnectionManager


class ChdbAdapter(ClickHouseAdapter):
    """dbt-clickhouse's adapter; only its connections differ."""

    ConnectionManager = ChdbConnectionManager

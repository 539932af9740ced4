"""The adapter class: dbt-clickhouse's, on the embedded engine's connections."""

from dbt.adapters.clickhouse.impl import ClickHouseAdapter

from dbt.adapters.chdb.connections import ChdbConnectionManager


class ChdbAdapter(ClickHouseAdapter):
    """dbt-clickhouse's adapter, unchanged but for where its connections lead."""

    ConnectionManager = ChdbConnectionManager

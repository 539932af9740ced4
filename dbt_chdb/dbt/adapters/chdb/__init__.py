"""`type: chdb`: dbt on an embedded ClickHouse, a folder on disk and no server.

A thin layer over dbt-clickhouse: its SQL, its macros and its client are used as they are; only the way
a connection is described (`credentials`) and opened (`connections`) differs.
"""

from dbt.adapters.base import AdapterPlugin

from dbt.adapters.chdb.connections import ChdbConnectionManager
from dbt.adapters.chdb.credentials import ChdbCredentials
from dbt.adapters.chdb.impl import ChdbAdapter
from dbt.include import chdb

Plugin = AdapterPlugin(
    adapter=ChdbAdapter,
    credentials=ChdbCredentials,
    include_path=chdb.PACKAGE_PATH,
    dependencies=["clickhouse"],  # dbt then finds every clickhouse__ macro when it looks for a chdb__ one
)

__all__ = ["ChdbAdapter", "ChdbConnectionManager", "ChdbCredentials", "Plugin"]

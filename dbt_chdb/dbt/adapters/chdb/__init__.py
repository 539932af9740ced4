"""The dbt adapter `type: chdb`: an embedded ClickHouse in a folder on disk, without a server.

A thin layer over dbt-clickhouse: the credentials and the way a connection is opened differ, and the few macros of
`dbt/include/chdb/macros` need fewer statements.
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
    dependencies=["clickhouse"],  # dbt falls back to the clickhouse__ macro where there is no chdb__ one
)

__all__ = ["ChdbAdapter", "ChdbConnectionManager", "ChdbCredentials", "Plugin"]

"""Opens connections, owns the raw tables and runs dbt: the only room that knows ClickHouse's driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.warehouse.builds import LOAD, load_number, one_build, unfinished, whole_build
from trainer.warehouse.bulk import insert_batches
from trainer.warehouse.client import connect, require_table, table_exists
from trainer.warehouse.damage import discard_damaged
from trainer.warehouse.dbt import follow_dbt, pass_to_dbt, run_dbt
from trainer.warehouse.dbt_events import DbtRun
from trainer.warehouse.flow_tables import RAW_MONEY_FLOWS, RAW_TRANSFERS
from trainer.warehouse.label_tables import (
    ADDRESS_LABELS,
    LABEL_EDITIONS,
    LABEL_HISTORY,
    RAW_ADDRESS_LABELS,
    RAW_STANDING_LABELS,
)
from trainer.warehouse.loads import LoadedTable, content_of, loaded_tables, record_load
from trainer.warehouse.native import Column, column_blocks
from trainer.warehouse.old_parts import is_embedded
from trainer.warehouse.publish import drop_partition, drop_partitions, publish, replace_rows
from trainer.warehouse.schema import (
    RAW_ALERTS,
    RAW_CLUSTERS,
    RAW_CUSTOM_FEATURES,
    RAW_DERIVED_VOTES,
    RAW_FEATURES,
    RAW_TABLES,
    TABLES,
    create_tables,
)
from trainer.warehouse.seeds import problem_of_seeds
from trainer.warehouse.side_tables import side_table
from trainer.warehouse.table import Table
from trainer.warehouse.times import END_SECOND, FIRST_SECOND, UNITS
from trainer.warehouse.upgrade import outdated_tables
from trainer.warehouse.writing import exclusive, load, was_interrupted

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = [
    "ADDRESS_LABELS",
    "END_SECOND",
    "FIRST_SECOND",
    "LABEL_EDITIONS",
    "LABEL_HISTORY",
    "LOAD",
    "RAW_ADDRESS_LABELS",
    "RAW_ALERTS",
    "RAW_CLUSTERS",
    "RAW_CUSTOM_FEATURES",
    "RAW_DERIVED_VOTES",
    "RAW_FEATURES",
    "RAW_MONEY_FLOWS",
    "RAW_STANDING_LABELS",
    "RAW_TABLES",
    "RAW_TRANSFERS",
    "TABLES",
    "UNITS",
    "Client",
    "Column",
    "DbtRun",
    "LoadedTable",
    "Table",
    "column_blocks",
    "connect",
    "content_of",
    "create_tables",
    "discard_damaged",
    "drop_partition",
    "drop_partitions",
    "exclusive",
    "follow_dbt",
    "insert_batches",
    "is_embedded",
    "load",
    "load_number",
    "loaded_tables",
    "one_build",
    "outdated_tables",
    "pass_to_dbt",
    "problem_of_seeds",
    "publish",
    "record_load",
    "replace_rows",
    "require_table",
    "run_dbt",
    "side_table",
    "table_exists",
    "unfinished",
    "was_interrupted",
    "whole_build",
]

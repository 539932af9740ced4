"""The adapter's dbt package. It has no macros of its own: all are inherited from dbt-clickhouse."""

from pathlib import Path

PACKAGE_PATH = str(Path(__file__).parent)

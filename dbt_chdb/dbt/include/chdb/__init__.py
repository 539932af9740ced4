"""The adapter's dbt package. It holds no macros: every one is inherited from dbt-clickhouse."""

from pathlib import Path

PACKAGE_PATH = str(Path(__file__).parent)

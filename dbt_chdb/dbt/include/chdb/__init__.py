"""The adapter's dbt package: macros in place of those of dbt-clickhouse that take several statements where one will do."""

from pathlib import Path

PACKAGE_PATH = str(Path(__file__).parent)

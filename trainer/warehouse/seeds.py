"""Finds out whether dbt's seeds are loaded in the columns that this version's models read."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from trainer.settings import project_dir

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


def problem_of_seeds(client: Client) -> str:
    """Return what is wrong with the table of a seed, '' if nothing is: it is missing or lacks a column. Rows are not compared.

    `dbt seed` without --full-refresh fails on a table with the columns of an earlier version.
    """
    loaded: dict[str, set[str]] = {}
    for table, column in client.query("SELECT table, name FROM system.columns WHERE database = currentDatabase()").result_rows:
        loaded.setdefault(table, set()).add(column)
    for seed in sorted(project_dir().glob("seeds/*.csv")):
        with seed.open(newline="", encoding="utf-8-sig") as stream:
            columns = {name.strip() for name in next(csv.reader(stream), [])}
        if seed.stem not in loaded:
            return f"the seed {seed.stem} is missing"
        if columns != loaded[seed.stem]:
            return f"the seed {seed.stem} has the columns of an earlier version"
    return ""

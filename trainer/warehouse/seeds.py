"""Finds out whether dbt's seeds are loaded: in the columns that this version's models read, and with all rows."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from trainer.settings import built_in_project, seed_file

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


def problem_of_seeds(client: Client) -> str:
    """Return what is wrong with the table of a seed, '' if nothing is: it is missing, lacks a column or rows.

    `dbt seed` without --full-refresh fails on a table with the columns of an earlier version. A seed lacks rows if dbt was killed
    between creating and filling its table; one that was edited since has another number of them, and is loaded anew as well.
    """
    loaded: dict[str, set[str]] = {}
    for table, column in client.query("SELECT table, name FROM system.columns WHERE database = currentDatabase()").result_rows:
        loaded.setdefault(table, set()).add(column)
    counts = dict(client.query("SELECT name, total_rows FROM system.tables WHERE database = currentDatabase()").result_rows)
    for seed in [seed_file(path.stem) for path in sorted(built_in_project().glob("seeds/*.csv"))]:
        with seed.open(newline="", encoding="utf-8-sig") as stream:
            lines = csv.reader(stream)
            columns = {name.strip() for name in next(lines, [])}
            rows = sum(1 for line in lines if line)
        if seed.stem not in loaded:
            return f"the seed {seed.stem} is missing"
        if columns != loaded[seed.stem]:
            return f"the seed {seed.stem} has the columns of an earlier version"
        if counts[seed.stem] != rows:
            return f"the seed {seed.stem} has {counts[seed.stem]} rows, and its file has {rows}"
    return ""

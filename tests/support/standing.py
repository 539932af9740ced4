"""Standing labels for tests: lists to add, snapshots for them to hold on, and what dbt applied."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from tests.support.dbt import run_dbt
from tests.support.snapshots import tables, write
from tests.support.warehouse import Called
from trainer import connect

Call = Callable[..., Called]
VOTES = ("run", "--select", "staging", "fct_snapshot_addresses", "fct_applied_labels")


def add(call: Call, *arguments: object) -> dict[str, Any]:
    """Run `labels add`, which must succeed, and return its result."""
    done = call("labels", "add", *arguments, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)  # type: ignore[no-any-return]


def listed(path: Path, addresses: Sequence[str]) -> Path:
    """Write a list with an address on each line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{address}\n" for address in addresses))
    return path


def own_list(path: Path, rows: Sequence[dict[str, Any]], **same: Any) -> Path:
    """Write a table of the user's own; `same` applies to all rows."""
    pd.DataFrame([{"risk_level": "high"} | same | row for row in rows]).to_csv(path, index=False)
    return path


def snapshots(folder: Path, network: str, days: Sequence[str], addresses: Sequence[str]) -> Path:
    """Write one snapshot a day of these addresses, and return the folder to ingest."""
    features = pd.DataFrame({"address": addresses, "degree_in": range(len(addresses)), "total_in_usd": 5.0})
    for day in days:
        write(folder, tables() | {"features": features}, network, f"{day}/90")
    return folder / "snapshots"


def applied(network: str, columns: str = "toString(processing_date), address", models: Sequence[str] = VOTES) -> list[Any]:
    """Run dbt and return these columns of the standing labels that apply to the snapshots of a network, sorted."""
    run_dbt(models)
    return rows(f"SELECT {columns} FROM fct_applied_labels WHERE network = {{network:String}} ORDER BY ALL", network=network)


def rows(query: str, **parameters: Any) -> list[Any]:
    """Return the rows of a query; those with a single column as its values."""
    with connect() as client:
        found = client.query(query, parameters=parameters).result_rows
    return [row[0] for row in found] if found and len(found[0]) == 1 else list(found)


def held(day: date | str, source: str) -> list[Any]:
    """Return address and risk level of the labels of a source that hold on a day."""
    return rows(
        "SELECT address, risk_level FROM raw_standing_labels FINAL "
        "WHERE source = {source:String} AND valid_from <= {day:Date} AND {day:Date} < valid_to ORDER BY ALL",
        source=source,
        day=str(day),
    )

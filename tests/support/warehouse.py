"""Shared by the tests on a real engine: paths, the built warehouse, and queries on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trainer.simulate import SimulationSummary
from trainer.warehouse.schema import RAW_TABLES

ROOT = Path(__file__).parents[2]
TORUS = ROOT.parent / "shared" / "data" / "torus"
DATES = (date(2025, 8, 1), date(2025, 9, 1))
WINDOW = 90
COINS_ALERTS = 5000


@dataclass(frozen=True)
class Bridge:
    """A running tests/support/bridge.py: address and credentials of its HTTP interface."""

    host: str
    port: int
    user: str
    password: str


@dataclass(frozen=True)
class House:
    """The filled warehouse: its folder, the simulated networks in it, and dbt's manifest of the project that built it."""

    folder: Path
    simnet: SimulationSummary
    coins: SimulationSummary
    minenet: SimulationSummary
    manifest: Path


@dataclass(frozen=True)
class Called:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


def label_file(path: Path, network: str, addresses: list[str], risky: np.ndarray) -> Path:
    """Write a label list in the guide's columns: risk level high where `risky` (n,), else low."""
    frame = pd.DataFrame({"address": addresses, "risk_level": np.where(risky, "high", "low"), "confidence_score": 1.0})
    frame.assign(network=network, processing_date=str(DATES[0]), window_days=WINDOW, source="test").to_csv(path, index=False)
    return path


def counts(client: Any, network: str) -> dict[str, int]:
    """Return the number of rows of a network by raw table."""
    parameters = {"network": network}
    query = "SELECT count() FROM {table} FINAL WHERE network = {{network:String}}"
    return {
        table.name: int(client.query(query.format(table=table.name), parameters=parameters).result_rows[0][0])
        for table in RAW_TABLES
    }


def content(client: Any, relation: str, network: str, but: str = "ingested_at") -> tuple[int, int]:
    """Return the number of rows of a network in a relation, and a hash of their content that ignores their order."""
    columns = f"* EXCEPT ({but})" if but else "*"
    query = f"SELECT count(), sum(sipHash64(toString(tuple({columns})))) FROM {relation} WHERE network = {{network:String}}"
    row = client.query(query, parameters={"network": network}).result_rows[0]
    return int(row[0]), int(row[1])

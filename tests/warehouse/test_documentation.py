"""Documented models and columns exist, and existing ones are documented."""

from __future__ import annotations

import json
from typing import Any

from tests.support.warehouse import House


def test_every_column_of_every_model_is_described_and_every_described_column_exists(house: House, client: Any) -> None:
    manifest = json.loads(house.manifest.read_text(encoding="utf-8"))
    rows = client.query(
        # Without the columns that name a partition of a table by snapshot, which are no part of what it holds.
        "SELECT table, groupArray(name) FROM system.columns WHERE database = currentDatabase() AND default_kind != 'MATERIALIZED' "
        "GROUP BY table"
    ).result_rows
    found = {table: set(columns) for table, columns in rows}
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in {"model", "seed"}]
    assert len(nodes) > 20
    assert {node["name"]: set(node["columns"]) for node in nodes} == {node["name"]: found[node["name"]] for node in nodes}


def test_stored_and_described_types_agree_under_contract(house: House, client: Any) -> None:
    manifest = json.loads(house.manifest.read_text(encoding="utf-8"))
    rows = client.query("SELECT table, name, type FROM system.columns WHERE database = currentDatabase()").result_rows
    found = {(table, name): kind for table, name, kind in rows}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["config"]["contract"]["enforced"]:
            described = {name: column["data_type"] for name, column in node["columns"].items()}
            assert described == {name: found[node["name"], name] for name in described}, node["name"]


def test_the_catalogue_has_every_feature_of_the_matrix_with_family_unit_and_description(house: House, client: Any) -> None:
    rows = client.query("SELECT feature, family, unit, description FROM feature_catalog").result_rows
    features = client.query(
        "SELECT DISTINCT name FROM system.columns WHERE database = currentDatabase() AND type = 'Float32' "
        "AND table IN ('scoring_alerts', 'scoring_addresses', 'scoring_clusters')"
    ).result_columns[0]
    assert sorted(row[0] for row in rows) == sorted(features)
    assert all(all(row) for row in rows)
    found = {row[0]: row[1:] for row in rows}
    assert found["flow_in_usd"] == ("flows", "USD", "Volume of incoming flows")
    assert found["alert_confidence_score"] == ("alert", "score", "The detector's confidence")

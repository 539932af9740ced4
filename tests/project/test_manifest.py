"""What dbt's manifest must say of the project: the layers, and that nothing is undescribed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.support.manifest import ancestors
from trainer.features.built_in import built_in_names


def models(manifest: dict[str, Any], layer: str = "") -> Iterator[dict[str, Any]]:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and (not layer or f"models/{layer}/" in node["original_file_path"]):
            yield node


def in_layer(manifest: dict[str, Any], layer: str) -> set[str]:
    found = {node["unique_id"] for node in models(manifest, layer)}
    assert found, f"there is no model under {layer}"
    return found


def test_no_feature_comes_from_a_label(manifest: dict[str, Any]) -> None:
    label_tables = {"address_labels", "raw_address_labels"}
    forbidden = in_layer(manifest, "labels") | in_layer(manifest, "training") | in_layer(manifest, "scores")
    forbidden |= {key for key, source in manifest["sources"].items() if source["name"] in label_tables | {"alert_scores"}}
    for node in models(manifest, "features"):
        assert ancestors(manifest, node["unique_id"]) & forbidden == set(), node["name"]


def test_what_is_scored_comes_from_no_label(manifest: dict[str, Any]) -> None:
    for node in models(manifest, "training"):
        if node["name"].startswith("scoring_"):
            assert ancestors(manifest, node["unique_id"]) & in_layer(manifest, "labels") == set(), node["name"]


def test_no_label_comes_from_a_feature(manifest: dict[str, Any]) -> None:
    for node in models(manifest, "labels"):
        assert ancestors(manifest, node["unique_id"]) & in_layer(manifest, "features") == set(), node["name"]


def test_only_staging_reads_raw_sources(manifest: dict[str, Any]) -> None:
    raw = {key for key, source in manifest["sources"].items() if source["source_name"] == "raw"}
    readers = {node["original_file_path"] for node in models(manifest) if raw & set(node["depends_on"]["nodes"])}
    assert readers
    assert [path for path in readers if "models/staging/" not in path] == []


def test_every_model_source_and_seed_is_described(manifest: dict[str, Any]) -> None:
    nodes = [*models(manifest), *(node for node in manifest["nodes"].values() if node["resource_type"] == "seed")]
    assert [node["name"] for node in nodes if not node["description"]] == []
    assert [node["name"] for node in nodes if not node["columns"]] == []
    assert [source["name"] for source in manifest["sources"].values() if not source["description"]] == []
    undescribed = [
        (node["name"], name) for node in nodes for name, column in node["columns"].items() if not column["description"]
    ]
    assert undescribed == []


def test_training_and_scoring_have_the_same_features_under_contract(manifest: dict[str, Any]) -> None:
    labels = {"label_strategy", "label", "label_confidence", "label_target", "label_weight", "label_source"}
    columns = {
        node["name"]: {name: column["data_type"] for name, column in node["columns"].items()}
        for node in models(manifest, "training")
    }
    assert all(node["config"]["contract"]["enforced"] for node in models(manifest, "training"))
    for grain in ("alerts", "addresses", "clusters"):
        training = {name: kind for name, kind in columns[f"training_{grain}"].items() if name not in labels}
        assert training == columns[f"scoring_{grain}"]
        assert labels & set(columns[f"scoring_{grain}"]) == set()


def test_every_feature_is_declared_once_with_its_family_and_unit(manifest: dict[str, Any]) -> None:
    declared = [
        (name, node["config"]["meta"]["family"])
        for node in models(manifest)
        for name, column in node["columns"].items()
        if column["config"]["meta"].get("unit")
    ]
    scoring = [node["columns"] for node in models(manifest, "training") if node["name"] in {"scoring_alerts", "scoring_clusters"}]
    scored = {name for columns in scoring for name, column in columns.items() if column["data_type"] == "Float32"}
    assert len(scoring) == 2 and {name for name, _ in declared} == scored
    assert len(declared) == len(scored), "a feature is declared by two models"
    assert {name for name, _ in declared} == built_in_names()


def test_a_twin_takes_its_features_from_the_same_table(manifest: dict[str, Any]) -> None:
    sql = {node["name"]: node["raw_code"] for node in models(manifest, "training")}
    for grain in ("alerts", "addresses", "clusters"):
        training, scoring = ("\n".join(sql[f"{kind}_{grain}"].split()) for kind in ("training", "scoring"))
        blocks = [
            re.findall(r"ref\('(fct_\w+_features)'\)|(features\.\*\s+except\s+\([^)]*\))", text) for text in (training, scoring)
        ]
        assert len(blocks[0]) == 2 and blocks[0] == blocks[1], grain


def test_every_stored_model_says_how_it_is_ordered(manifest: dict[str, Any]) -> None:
    stored = [node for node in models(manifest) if node["config"]["materialized"] == "table"]
    assert stored
    assert [node["name"] for node in stored if not node["config"].get("order_by")] == []


def primary_keys(manifest: dict[str, Any]) -> dict[str, list[list[str]]]:
    """Return model → the combinations of columns that a data test declares unique."""
    keys: dict[str, list[list[str]]] = {}
    for node in manifest["nodes"].values():
        metadata = node.get("test_metadata") or {}
        arguments = metadata.get("kwargs", {})
        if metadata.get("name") in ("unique", "unique_combination"):
            columns = arguments["columns"] if metadata["name"] == "unique_combination" else [arguments["column_name"]]
            keys.setdefault(node["attached_node"], []).append(columns)
    return keys


def test_every_model_has_a_tested_primary_key(manifest: dict[str, Any]) -> None:
    keys = primary_keys(manifest)
    assert [node["name"] for node in models(manifest) if not keys.get(node["unique_id"])] == []
    for node in models(manifest):
        for columns in keys.get(node["unique_id"], []):
            assert set(columns) <= node["columns"].keys(), node["name"]


def test_every_model_is_in_the_group_of_its_layer(manifest: dict[str, Any]) -> None:
    layers = {"catalog": "features"}
    for node in models(manifest):
        (layer,) = re.findall(r"models/(\w+)/", node["original_file_path"])[:1]
        assert node["config"]["group"] == layers.get(layer, layer), node["name"]


def test_intermediate_models_are_private_and_results_public(manifest: dict[str, Any]) -> None:
    access = {node["name"]: node["config"]["access"] for node in models(manifest)}
    # The report on labels and Python strategies read these.
    read_by_trainer = {"int_label_votes", "int_label_source_pairs"}
    assert {name for name, level in access.items() if name.startswith("int_") and level != "private"} == read_by_trainer
    results = [
        name
        for name in access
        if name.startswith(("fct_", "training_", "scoring_")) or name in {"scored_alerts", "feature_catalog"}
    ]
    assert len(results) > 15
    assert [name for name in results if access[name] != "public"] == []


def test_exposures_depend_on_public_models(manifest: dict[str, Any]) -> None:
    exposures = {exposure["name"]: exposure["depends_on"]["nodes"] for exposure in manifest["exposures"].values()}
    assert {"trainer_fit", "trainer_predict", "labels_report", "labels_derive"} <= exposures.keys()
    for name, parents in exposures.items():
        assert parents, name
        assert [key for key in parents if manifest["nodes"][key]["config"]["access"] != "public"] == [], name

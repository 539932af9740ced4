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


def test_a_macro_has_its_file_and_its_arguments_are_described(manifest: dict[str, Any]) -> None:
    ours = [
        macro for macro in manifest["macros"].values() if re.search(r"macros/(features|staging)/", macro["original_file_path"])
    ]
    assert len(ours) >= 15
    for macro in ours:
        assert macro["original_file_path"].endswith(f"/{macro['name']}.sql")
        signature = re.search(r"macro \w+\(([^)]*)\)", macro["macro_sql"])
        assert signature is not None
        arguments = [argument.split("=")[0].strip() for argument in signature.group(1).split(",") if argument.strip()]
        assert macro["description"] and arguments == [argument["name"] for argument in macro["arguments"]], macro["name"]

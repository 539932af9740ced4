"""A label rule has a file and a row in the seed label_rules, and the row describes the file."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.manifest import ancestors

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
FILES = {
    path.stem.removeprefix("int_label_rule__"): path
    for path in (PROJECT / "models" / "labels" / "rules").glob("int_label_rule__*.sql")
}
with (PROJECT / "seeds" / "label_rules.csv").open(newline="", encoding="utf-8") as stream:
    SEED = {row["rule_id"]: row for row in csv.DictReader(stream)}
VARS = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
# Models with the votes of the rules that have no file.
OTHER_MODELS = {"sot": "int_label_votes__gold", "custom": "int_label_votes__gold", "derived": "stg_derived_votes"}


def test_every_rule_has_a_file_and_a_row() -> None:
    declared = [name for name, row in SEED.items() if row["kind"] in ("heuristic", "propagated")]
    assert sorted(FILES) == sorted(declared), "a rule lacks its file or its row in seeds/label_rules.csv"
    assert len(FILES) >= 13


@pytest.mark.parametrize("rule", sorted(FILES.keys() | OTHER_MODELS))
def test_a_rule_reads_the_models_that_it_declares(manifest: dict[str, Any], rule: str) -> None:
    nodes = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    node = nodes[OTHER_MODELS.get(rule, f"int_label_rule__{rule}")]
    above = {manifest["nodes"][key]["name"] for key in ancestors(manifest, node["unique_id"]) if key in manifest["nodes"]}
    read = [name.split(".") for name in SEED[rule]["columns_read"].split()]
    assert read
    for model, column in read:
        assert model.startswith("stg_") and model in above | {node["name"]}, f"{rule} does not come from {model}"
        assert column in nodes[model]["columns"], f"{model} has no column {column}"
    if rule in FILES:
        # Where an address occurs decides whether a standing label applies to it, and is no column that a rule reads.
        occurring = ancestors(manifest, "model.trainer.fct_snapshot_addresses")
        where = {manifest["nodes"][key]["name"] for key in occurring if key in manifest["nodes"]} | {"stg_label_editions"}
        declared = {model for model, _ in read}
        staged = {name for name in above if name.startswith("stg_")}
        assert staged - where == declared - where, "columns_read names fewer staging models than the rule reads"
        assert declared <= staged


@pytest.mark.parametrize("rule", sorted(FILES))
def test_a_rule_declares_the_feature_columns_that_it_reads(manifest: dict[str, Any], rule: str) -> None:
    keys = {"network", "processing_date", "window_days", "address", "address_key"}
    staged = manifest["nodes"]["model.trainer.stg_features"]["columns"].keys() - keys
    words = set(re.findall(r"\w+", re.sub(r"--.*|\{#.*?#\}|var\('\w+'\)", "", FILES[rule].read_text(encoding="utf-8"))))
    declared = {name.removeprefix("stg_features.") for name in SEED[rule]["columns_read"].split() if "stg_features." in name}
    assert words & staged == declared


def test_every_threshold_is_named_by_its_rule_and_used_by_it() -> None:
    used = {rule: set(re.findall(r"var\('(\w+)'", path.read_text(encoding="utf-8"))) for rule, path in FILES.items()}
    for rule, names in used.items():
        assert [name for name in names if not name.startswith(f"{rule}_")] == [], rule
        assert names <= VARS.keys(), rule
    named = {name for name in VARS for rule in FILES if name.startswith(rule)}
    assert named == set().union(*used.values()), "a threshold that no rule uses"


@pytest.mark.parametrize("rule", sorted(FILES))
def test_a_rule_has_a_test_of_its_logic(manifest: dict[str, Any], rule: str) -> None:
    tested = {key for test in manifest["unit_tests"].values() for key in test["depends_on"]["nodes"]}
    assert f"model.trainer.int_label_rule__{rule}" in tested

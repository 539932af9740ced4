"""Files that are written by a script are what the script would write now."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tests.support.scripts import ROOT, script

NEW = "      - {name: flow_new, data_type: Float32, config: {meta: {unit: USD}}, description: A new feature}\n"


def test_the_command_line_reference_is_up_to_date() -> None:
    found = script("describe_cli")
    assert found.REFERENCE.read_text(encoding="utf-8") == found.document(), "run python tools/describe_cli.py"


def test_the_descriptions_of_the_label_rules_are_up_to_date() -> None:
    written = {path: path.read_text(encoding="utf-8") for path in script("describe_models").documents()}
    assert written == script("describe_models").documents(), "run python tools/describe_models.py"


def test_the_descriptions_of_inherited_features_are_up_to_date() -> None:
    written = {path: path.read_text(encoding="utf-8") for path in script("describe_features").documents()}
    assert len(written) == 9
    assert written == script("describe_features").documents(), "run python tools/describe_features.py"


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """The YAML of the family of flows in a copy of the project's models."""
    shutil.copytree(ROOT / "dbt_project" / "models", tmp_path / "models")
    return tmp_path / "models" / "features" / "int_features__flows.yml"


def test_a_declared_feature_reaches_every_wide_model_after_the_one_before_it(tmp_path: Path, flows: Path) -> None:
    text = flows.read_text(encoding="utf-8")
    flows.write_text(text.replace("      - {name: flow_out_pairs,", f"{NEW}      - {{name: flow_out_pairs,"), encoding="utf-8")
    reached = {}
    for path, written in script("describe_features").documents(tmp_path).items():
        columns = {column["name"]: column for column in yaml.safe_load(written)["models"][0]["columns"]}
        names = list(columns)
        if "flow_new" in columns:
            assert columns["flow_new"] == {"name": "flow_new", "data_type": "Float32", "description": "A new feature (USD)"}
            reached[path.stem] = names[names.index("flow_new") - 1]
    wide = ("fct_address_features", "fct_alert_features")
    views = [f"{kind}_{grain}" for kind in ("training", "scoring") for grain in ("addresses", "alerts")]
    assert reached == dict.fromkeys([*wide, *views], "flow_in_pairs")


def test_a_feature_without_a_unit_and_an_unknown_model_are_refused(tmp_path: Path, flows: Path) -> None:
    text = flows.read_text(encoding="utf-8")
    flows.write_text(
        text.replace("config: {meta: {unit: USD}}, description: Volume of incoming", "description: Volume of incoming")
    )
    with pytest.raises(SystemExit, match=r"flow_in_usd in int_features__flows\.yml has no unit"):
        script("describe_features").documents(tmp_path)
    flows.rename(flows.with_name("elsewhere.yml"))
    with pytest.raises(SystemExit, match=r"no int_features__flows\.yml"):
        script("describe_features").documents(tmp_path)

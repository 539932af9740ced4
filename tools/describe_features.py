"""Copies the descriptions of inherited columns into the YAML of the wide dbt models.

A feature is described once, in the YAML of the model that computes it. The wide models (fct_*_features, training_*, scoring_*)
take features over, and dbt wants each column of theirs named and typed for the contract, and described for the docs. Their YAML
names the models that they inherit from, and this writes the columns between the two comments:

    columns:
      # inherited: int_features__alerts, fct_address_features
      - …
      # end

Run it after a change to a feature's name or description; a test fails while a file is not what this would write.

    python tools/describe_features.py [DBT_PROJECT]
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
LAYERS = ("staging", "features", "training")
BLOCK = re.compile(r"^( +)# inherited: ([\w, ]+)\n.*?^ +# end\n", re.MULTILINE | re.DOTALL)
WIDTH = 130


@dataclass(frozen=True)
class Feature:
    """A Float32 column and what its YAML says about it."""

    name: str
    description: str

    def entry(self, indent: str) -> str:
        """Return the column's entry in YAML: one line, or two where that is too long. JSON's strings are YAML's."""
        start = f"{indent}- {{name: {self.name}, data_type: Float32,"
        end = f"description: {json.dumps(self.description, ensure_ascii=False)}}}\n"
        line = f"{start} {end}"
        return line if len(line) <= WIDTH else f"{start}\n{indent}   {end}"


class Descriptions:
    """The YAML files of a dbt project's models, with inherited columns filled in; each is named after the model it describes."""

    def __init__(self, project: Path) -> None:
        """Find the files in the layers that hold features."""
        self.files = {path.stem: path for layer in LAYERS for path in (project / "models" / layer).glob("*.yml")}
        self._texts: dict[str, str] = {}

    def text(self, model: str) -> str:
        """Return the content of a model's file.

        Raises:
            SystemExit: it inherits from a model that has no file, or a feature has no unit.
        """
        if model not in self._texts:
            self._texts[model] = BLOCK.sub(self._block, self.files[model].read_text(encoding="utf-8"))
        return self._texts[model]

    def _block(self, found: re.Match[str]) -> str:
        indent, models = found.groups()
        entries = [feature.entry(indent) for model in models.split(", ") for feature in self._features(model)]
        return f"{indent}# inherited: {models}\n{''.join(entries)}{indent}# end\n"

    def _features(self, model: str) -> list[Feature]:
        """Return the features of a model, inherited ones included, in the order of its YAML."""
        if model not in self.files:
            raise SystemExit(f"There is no {model}.yml in models/{{{','.join(LAYERS)}}}; add it, or correct '# inherited:'.")
        text = self.text(model)
        inherited = {column["name"] for block in BLOCK.finditer(text) for column in yaml.safe_load(block.group()) or []}
        return [
            _inherited(column) if column["name"] in inherited else _declared(model, column)
            for column in yaml.safe_load(text)["models"][0]["columns"]
            if column.get("data_type") == "Float32"
        ]


def _inherited(column: dict[str, Any]) -> Feature:
    return Feature(column["name"], column["description"])


def _declared(model: str, column: dict[str, Any]) -> Feature:
    """Return a feature that a model computes; its unit becomes part of the description."""
    unit = column.get("config", {}).get("meta", {}).get("unit")
    if not unit:
        raise SystemExit(f"The column {column['name']} in {model}.yml has no unit; add config: {{meta: {{unit: …}}}} to it.")
    return Feature(column["name"], f"{column['description']} ({unit})")


def documents(project: Path = PROJECT) -> dict[Path, str]:
    """Return file → content of every file with inherited columns."""
    descriptions = Descriptions(project)
    texts = {path: descriptions.text(model) for model, path in descriptions.files.items()}
    return {path: text for path, text in texts.items() if BLOCK.search(text)}


if __name__ == "__main__":
    for path, text in documents(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT).items():
        path.write_text(text, encoding="utf-8")
        print(path)

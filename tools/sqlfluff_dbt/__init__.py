"""What the project's SQL reads from dbt besides ref() and source(), for sqlfluff, which renders it without dbt or a warehouse.

The vars are those of dbt_project.yml and the declared columns those of the models' YAML, so that loops over them are linted too.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


def _load(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)  # type: ignore[no-any-return]


def _node(model: dict[str, Any]) -> dict[str, Any]:
    columns = [{"config": {"meta": {}}, "description": ""} | column for column in model.get("columns", [])]
    return {
        "resource_type": "model",
        "name": model["name"],
        "config": {"meta": {}} | model.get("config", {}),
        "columns": {column["name"]: column for column in columns},
    }


class _Graph:
    """dbt's graph of models; sqlfluff imports this module for each file, so the YAML is read only where a model asks for it."""

    @cached_property
    def nodes(self) -> dict[str, Any]:
        files = [_load(path) for path in sorted((PROJECT / "models").rglob("*.yml"))]
        return {model["name"]: _node(model) for file in files for model in file.get("models", [])}


_vars = _load(PROJECT / "dbt_project.yml")["vars"]

execute = True
flags = {"WHICH": "compile"}
graph = _Graph()


def var(name: str, default: object = None) -> object:
    """Return the value of a var in dbt_project.yml."""
    return _vars.get(name, default)


def escape_single_quotes(text: str) -> str:
    """Return a text for a ClickHouse string literal, as dbt's macro of this name does."""
    return text.replace("'", "\\'")

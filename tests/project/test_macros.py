"""One macro a file, each documented with its arguments in macros.yml; and no line of SQL is too long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.support.scripts import ROOT

PROJECT = ROOT / "dbt_project"
# A materialization is no macro to dbt; what it does stands at its head.
FILES = {path.stem: path for path in (PROJECT / "macros").rglob("*.sql") if path.parent.name != "materializations"}
DOCUMENTED = {macro["name"]: macro for macro in yaml.safe_load((PROJECT / "macros" / "macros.yml").read_text("utf-8"))["macros"]}
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\(([^)]*)\)")
WIDTH = 130


def test_every_macro_is_documented_and_every_documented_macro_exists() -> None:
    assert len(FILES) > 30
    assert sorted(DOCUMENTED) == sorted(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_holds_the_macro_of_its_name_with_described_arguments(name: str) -> None:
    ((macro, signature),) = MACRO.findall(FILES[name].read_text(encoding="utf-8"))
    assert macro == name
    arguments = [argument.split("=")[0].strip() for argument in signature.split(",") if argument.strip()]
    documented = DOCUMENTED[name]["arguments"]
    assert [argument["name"] for argument in documented] == arguments
    assert DOCUMENTED[name]["description"]
    assert [argument["name"] for argument in documented if not (argument.get("type") and argument.get("description"))] == []


def too_long(path: Path) -> list[int]:
    return [number for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if len(line) > WIDTH]


def test_no_line_of_sql_is_too_long() -> None:
    files = list(PROJECT.rglob("*.sql"))
    assert len(files) > 100
    assert {path.name: too_long(path) for path in files if too_long(path)} == {}

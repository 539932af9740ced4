"""The layout: packages with an interface, tests that mirror them, and limits on the length of modules and functions."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
ROOMS = sorted(path.parent.name for path in (ROOT / "trainer").glob("*/__init__.py"))
CODE = sorted(path for folder in ("trainer", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
LONGEST_MODULE, LONGEST_FUNCTION = 300, 40
# Rooms without a folder of tests, and where their tests are instead.
TESTED_ELSEWHERE = {
    "testing": "models: every built-in trainer passes the contract",
}
# Folders of tests that are no room's.
NO_ROOM = {"adapter", "docs", "support"}


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, module or name) of every absolute import; of `from a import b`, which may be a module, `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_no_test_imports_another_test_module() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted(TESTS.rglob("*.py"))
        for line, name in imported(path)
        if name.startswith("tests.") and any(part.startswith("test_") or part == "conftest" for part in name.split("."))
    ]
    assert found == [], "what tests share is in tests/support"


def test_the_tests_mirror_the_rooms() -> None:
    folders = {path.name for path in TESTS.iterdir() if any(path.glob("*.py"))}
    assert len(ROOMS) > 10
    assert sorted(folders - NO_ROOM) == sorted(set(ROOMS) - TESTED_ELSEWHERE.keys())


@pytest.mark.parametrize("room", ROOMS)
def test_other_rooms_enter_a_room_by_its_front_door(room: str) -> None:
    """`from trainer.warehouse import connect`, never `from trainer.warehouse.client import connect`; also where types are checked.

    trainer/__init__.py is exempt: it lists the module of each public name, so that names are imported lazily.
    """
    inside = ROOT / "trainer" / room
    exported = {f"trainer.{room}.{name}" for name in getattr(importlib.import_module(f"trainer.{room}"), "__all__", ())}
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in (ROOT / "trainer").rglob("*.py")
        for line, name in imported(path)
        if not path.is_relative_to(inside) and path != ROOT / "trainer" / "__init__.py"
        if name.startswith(f"trainer.{room}.") and name not in exported
    ]
    assert found == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_and_no_function_is_too_long(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {f"{node.name}, line {node.lineno}": (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
    assert len(text.splitlines()) <= LONGEST_MODULE

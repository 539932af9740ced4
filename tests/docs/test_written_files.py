"""Files that are written by a script are what the script would write now."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where its dataclasses look for it
    spec.loader.exec_module(module)
    return module


def test_the_command_line_reference_is_up_to_date() -> None:
    found = script("describe_cli")
    assert found.REFERENCE.read_text(encoding="utf-8") == found.document(), "run python scripts/describe_cli.py"


def test_the_descriptions_of_the_wide_models_are_up_to_date() -> None:
    written = {path: path.read_text(encoding="utf-8") for path in script("describe_models").documents()}
    assert written == script("describe_models").documents(), "run python scripts/describe_models.py"

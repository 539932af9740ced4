"""Files that are written by a script are what the script would write now."""

from __future__ import annotations

from tests.support.scripts import script


def test_the_command_line_reference_is_up_to_date() -> None:
    found = script("describe_cli")
    assert found.REFERENCE.read_text(encoding="utf-8") == found.document(), "run python tools/describe_cli.py"


def test_the_descriptions_of_the_wide_models_are_up_to_date() -> None:
    written = {path: path.read_text(encoding="utf-8") for path in script("describe_models").documents()}
    assert written == script("describe_models").documents(), "run python tools/describe_models.py"

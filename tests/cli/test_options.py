"""Options that several commands share: what they refuse, before anything is done."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from trainer.cli import app
from trainer.cli.overview import ELSEWHERE


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--alert-budget", "0", "0 is no number of alerts above 0"),
        ("--alert-budget", "-1", "-1 is no number of alerts above 0"),
        ("--alert-budget", "nan", "nan is no number of alerts above 0"),
        ("--alert-budget", "inf", "inf is no number of alerts above 0"),
        ("--min-precision", "0", "0 is no precision above 0 and at most 1"),
        ("--min-precision", "nan", "nan is no precision above 0 and at most 1"),
        ("--min-precision", "1.1", "1.1 is no precision above 0 and at most 1"),
    ],
)
def test_a_rule_of_a_threshold_is_refused_out_of_the_range_that_help_shows(option: str, value: str, said: str) -> None:
    done = CliRunner().invoke(app, ["report", option, value])
    assert (done.exit_code, done.stdout) == (2, "") and f"Invalid value for '{option}': {said}." in done.stderr
    shown = " ".join(CliRunner().invoke(app, ["report", "--help"]).stdout.split())
    assert "x>=0" not in shown and "above 0 and at most 1" in shown


EXPECTED_ELSEWHERE = [(command, option, hint) for command, hints in ELSEWHERE.items() for option, hint in hints.items()]


@pytest.mark.parametrize(("command", "option", "hint"), EXPECTED_ELSEWHERE)
def test_an_option_that_another_command_has_names_it(command: str, option: str, hint: str) -> None:
    done = CliRunner().invoke(app, [command, option, "x"])
    assert (done.exit_code, done.stdout) == (2, "") and hint in done.stderr
    named = re.search(r"`trainer (\w+)", hint)
    shown = CliRunner().invoke(app, [named[1] if named else command, "--help"]).stdout
    options = re.findall(r"--[a-z]+", hint)
    assert options and all(one in shown for one in options)

"""What commands print in terminals of three widths, and where the encoding is ASCII: no line too long, no word broken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support.terminals import run_in_terminal
from tests.support.warehouse import House
from trainer import TrainingResult

pytestmark = pytest.mark.slow
COMMANDS = {
    "labels report": ["labels", "report", "--network", "simnet"],
    "models list": ["models", "list"],
    "explain": ["explain", "--top", "1", "--network", "simnet"],
    "fit": ["fit", "--model", "logistic", "--network", "simnet"],
    "a misspelt parameter": ["fit", "--param", "max_dept=3"],
}
CODES = {"a misspelt parameter": 2}
# Not the same in two runs: ids, times, paths.
CHANGING = re.compile(r"\S*(?:/|\d{8}T\d+)\S*")


@pytest.fixture(scope="module")
def environment(house: House, fitted: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A copy of the warehouse, with a model, in a folder that only child processes open."""
    folder = tmp_path_factory.mktemp("manners") / "warehouse"
    shutil.copytree(house.folder, folder, symlinks=True)
    return {**os.environ, "TRAINER_WAREHOUSE": str(folder), "NO_COLOR": "1"}


def piped(name: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "trainer", *COMMANDS[name]]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=240)
    assert done.returncode == CODES.get(name, 0) and b"Traceback" not in done.stderr, done.stderr
    return (done.stdout + done.stderr).decode(environment.get("PYTHONIOENCODING", "utf-8").partition(":")[0])


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z_]{3,}", CHANGING.sub("", text)))


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("name", ["labels report", "fit", "explain", "a misspelt parameter"])
def test_no_line_is_too_long_and_no_word_broken_at_any_width(name: str, width: int, environment: dict[str, str]) -> None:
    # The terminal itself is wider, so that it breaks nothing: what is too long stays too long.
    shown = run_in_terminal(COMMANDS[name], 400, environment | {"COLUMNS": str(width)})
    assert shown.code == CODES.get(name, 0) and "\\x1b" not in shown.text, shown.text
    too_long = [line for line in shown.lines if len(line) > width and max(map(len, line.split())) < width - 8]
    assert too_long == []
    assert words(shown.text) <= words(piped(name, environment | {"COLUMNS": "400"}))  # wide enough for every column


@pytest.mark.parametrize("name", COMMANDS)
def test_an_ascii_pipe_gets_ascii_without_escapes(name: str, environment: dict[str, str]) -> None:
    said = piped(name, environment | {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C", "PYTHONUTF8": "0"})
    assert said.isascii() and not re.search(r"\\[xuU][0-9a-f]{2}", said)
    assert said.strip()


def test_a_reader_that_reads_nothing_is_no_error(environment: dict[str, str]) -> None:
    script = f'"{sys.executable}" -m trainer labels report --network simnet | head -0; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout.strip(), done.stderr) == ("0", "")


def test_the_label_report_is_a_block_a_rule_in_80_columns_and_a_table_in_200(environment: dict[str, str]) -> None:
    narrow, wide = (
        run_in_terminal(COMMANDS["labels report"], 400, environment | {"COLUMNS": width}).lines for width in ("80", "200")
    )
    start = narrow.index("regular_user")
    assert narrow[start + 1].startswith("  kind: heuristic · polarity: benign · votes: ")
    assert not any(re.match(r" ?derived\b", line) for line in narrow + wide), "a rule without votes has no row"
    assert any(re.match(r" regular_user +heuristic +benign +[\d,]+ ", line) for line in wide)

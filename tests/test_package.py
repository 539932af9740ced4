"""Declared is implemented: exports, entry points, exit codes; and starting up costs next to nothing."""

from __future__ import annotations

import importlib
import pydoc
import re
import subprocess
import sys
import time
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import trainer
from trainer import cli, errors
from trainer.cli.overview import GROUPS
from trainer.labels.formats import LabelFormat
from trainer.models import name_of
from trainer.models.base import ModelTrainer
from trainer.snapshots.reader import SnapshotShape

ROOT = Path(__file__).parents[1]
HEAVY = {
    "torch",
    "xgboost",
    "lightgbm",
    "dbt",
    "pandas",
    "clickhouse_connect",
    "chdb",
    "sklearn",
    "pyarrow",
    "numpy",
    "optuna",
    "sqlalchemy",
    "altair",
    "vl_convert",
}
KIND = {
    "trainer.models": ModelTrainer,
    "trainer.rankers": ModelTrainer,
    "trainer.snapshots": SnapshotShape,
    "trainer.label_formats": LabelFormat,
}


@pytest.mark.parametrize("name", trainer.__all__)
def test_every_exported_name_exists(name: str) -> None:
    assert getattr(trainer, name).__name__ == name


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such"):
        trainer.no_such  # noqa: B018
    assert sorted(trainer.__all__) == sorted(trainer._HOMES)


def test_dir_and_help_tell_of_every_public_name_and_what_it_is_for() -> None:
    assert set(trainer.__all__) <= set(dir(trainer))
    purposes = dict(re.findall(r"^    (\w+) {2,}(\S.+)$", trainer.__doc__ or "", re.MULTILINE))
    assert set(purposes) == set(trainer.__all__)
    shown = pydoc.plain(pydoc.render_doc(trainer))
    assert all(re.search(rf"^    (class )?{name}\b", shown, re.MULTILINE) for name in trainer.__all__)


def test_the_version_is_written_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"] and project["tool"]["hatch"]["version"]["path"] == "trainer/version.py"
    done = subprocess.run([sys.executable, "-m", "trainer", "--version"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"trainer {trainer.__version__}\n", "")
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", trainer.__version__)


def declared() -> list[tuple[str, str, str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups: dict[str, dict[str, str]] = project["entry-points"] | {"console_scripts": project["scripts"]}
    return [(group, name, where) for group, points in groups.items() for name, where in points.items()]


@pytest.mark.parametrize(("group", "name", "where"), declared())
def test_every_entry_point_loads_and_has_the_type_of_its_group(group: str, name: str, where: str) -> None:
    module, _, attribute = where.partition(":")
    found: Any = getattr(importlib.import_module(module), attribute)
    if group == "console_scripts":
        assert callable(found)
    elif isinstance(found, type):
        assert issubclass(found, KIND[group])
        assert trainer.ModelTrainer is ModelTrainer and name_of(found) == name
    else:
        assert isinstance(found, KIND[group]) and found.name == name
    assert name in {point.name for point in entry_points(group=group)}


CODES = {"UsageError": 2, "BadInputError": 3, "WarehouseError": 4, "FetchError": 4, "ClusterError": 4, "NotEnoughLabelsError": 5}
CODES |= {"ArtifactError": 6}


def test_every_branch_of_the_error_tree_has_its_exit_code() -> None:
    branches = {one.__name__: one.exit_code for one in errors.TrainerError.__subclasses__()}
    assert branches == CODES
    assert errors.TrainerError.exit_code == 1
    assert errors.UserCodeError.exit_code == 2 and issubclass(errors.UserCodeError, errors.UsageError)
    assert errors.NotBuiltError.exit_code == 4 and issubclass(errors.NotBuiltError, errors.WarehouseError)


@pytest.mark.parametrize("name", CODES)
def test_an_error_is_one_sentence_on_stderr_and_its_exit_code(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise getattr(errors, name)("It is broken; mend it.")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == CODES[name]
    assert capsys.readouterr() == ("", "trainer: It is broken; mend it.\n")


@pytest.mark.parametrize("raised_by", [KeyboardInterrupt(), SystemExit(130)], ids=["python", "typer"])
def test_an_interrupt_is_one_sentence_and_no_traceback(
    raised_by: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise raised_by

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == 130
    assert capsys.readouterr().err == "trainer: interrupted; nothing half-done was kept.\n"


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys, trainer.cli\ntry:\n    trainer.cli.app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "fit" in done.stdout and "ingest" in done.stdout
    assert "Start here" in done.stdout and not re.search(r"\w\.\.\.$", done.stdout, re.MULTILINE)


def test_every_command_of_a_group_exists_or_is_on_its_way_and_none_is_in_two() -> None:
    placed = [name for names in GROUPS.values() for name in names]
    there = {command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback}
    there |= {group.name for group in cli.app.registered_groups}
    assert len(placed) == len(set(placed)) and there <= set(placed)


def test_help_is_instant() -> None:
    def once() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "trainer", "--help"], capture_output=True, check=True)
        return time.perf_counter() - started

    assert min(once() for _ in range(5)) < 0.4


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = f"import sys, trainer; from trainer import ModelTrainer; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["fit", "--seed", "-1"],
        ["fit", "--window-days", "0"],
        ["ingest"],
        ["fit", "--start-date", "soon"],
        ["predict", "--window-days", "70000"],
    ],
)
def test_a_wrong_call_exits_two_without_a_traceback(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "trainer", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr and done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["simulate", "x", "--dates", "2025-08-01,2025-08-01"],
        ["fit", "--model", "nope"],
        ["fit", "--model", "no.such:Thing"],
        ["fit", "--label-strategy", "json:dumps"],
        ["fit", "--param", "depth"],
    ],
)
def test_a_call_that_asks_for_the_impossible_exits_two(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trainer", *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("trainer: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(36, "File name too long", "x" * 300), 3, f"trainer: {'x' * 200} cannot be used: File name too long.\n"),
        (
            FileNotFoundError(2, "No such file or directory", "a.csv"),
            3,
            "trainer: a.csv cannot be used: No such file or directory.\n",
        ),
        (
            OSError(28, "No space left on device", "model.json"),
            4,
            "trainer: model.json cannot be used: No space left on device.\n",
        ),
    ],
    ids=["name", "missing", "full"],
)
def test_a_file_that_cannot_be_used_is_one_sentence(
    error: OSError, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert (raised.value.code, capsys.readouterr().err) == (code, said)

"""The command starts this package and no other of its name, which it tells apart without importing it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

import trainer
from trainer import settings

ROOT = Path(__file__).parents[1]
START = "from trainer_command import main; main()"
FOREIGN = "raise RuntimeError('the other one was imported')\n"


def command(folder: Path, *paths: Path) -> tuple[int, str]:
    """Run `trainer --help` with these folders in front of the path; its exit code and what it said on stderr."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    call = [sys.executable, "-c", START, "--help"]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False, cwd=folder)
    return done.returncode, done.stderr


def test_the_command_starts_this_package(tmp_path: Path) -> None:
    assert command(tmp_path, ROOT) == (0, "")


@pytest.mark.parametrize("kind", ["package", "module", "folder"])
def test_another_package_on_the_path_is_a_sentence(tmp_path: Path, kind: str) -> None:
    other = tmp_path / "trainer"
    if kind == "module":
        other = tmp_path / "trainer.py"
        other.write_text(FOREIGN)
    else:
        other.mkdir()
        if kind == "package":
            (other / "__init__.py").write_text(FOREIGN)
    code, said = command(tmp_path, tmp_path, ROOT)
    if kind == "folder":  # Python prefers a package to a folder without __init__.py
        assert (code, said) == (0, "")
    else:
        assert code == 2 and said.startswith("trainer: Python finds another package named trainer") and str(tmp_path) in said
        assert said.count("\n") == 1


def test_a_distribution_that_has_overwritten_this_package_is_a_sentence(tmp_path: Path) -> None:
    shutil.copy(ROOT / "trainer_command.py", tmp_path)
    shutil.copytree(ROOT / "trainer" / "cli", tmp_path / "trainer" / "cli")
    (tmp_path / "trainer" / "__init__.py").write_text(FOREIGN)
    code, said = command(tmp_path, tmp_path)
    assert code == 2 and said.startswith("trainer: Another project named trainer is installed") and said.count("\n") == 1
    assert f"--no-deps {settings.DISTRIBUTION}" in said


def namesake_in(folder: Path, script: str) -> None:
    info = folder / "trainer-0.0.36.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trainer\nVersion: 0.0.36\n")
    (info / "entry_points.txt").write_text(script)


def test_another_project_of_the_name_is_found_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [found for found in (PathDistribution(path) for path in tmp_path.glob("*")) if found]
    assert others == []
    before = settings.namesake()
    namesake_in(tmp_path, "[console_scripts]\nother = other:main\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert before is None and settings.namesake() == "0.0.36"
    with pytest.raises(ImportError, match="cannot import name 'Trainer'"):
        exec("from trainer import Trainer")
    with pytest.raises(AttributeError, match=r"no attribute 'Trainer'; another project named trainer \(0\.0\.36\)"):
        trainer.Trainer  # noqa: B018


def test_this_package_under_its_former_name_is_no_other_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    namesake_in(tmp_path, "[console_scripts]\ntrainer = trainer.__main__:main\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert settings.namesake() is None

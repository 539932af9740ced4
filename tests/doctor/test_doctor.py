"""The doctor's checks of what is installed and of files and folders; those of a warehouse are in tests/warehouse/test_doctor.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import PathDistribution, version
from pathlib import Path
from typing import Any

import pytest

import trainer
from trainer import settings
from trainer.doctor import Check, examine, exit_code, package
from trainer.project import write_project

PLACES = ["profile", "target", "project", "artifacts", "warehouse"]


def by_name(**environment: str) -> dict[str, Check]:
    return {check.name: check for check in examine(**environment)}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_project(tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def test_without_a_project_only_what_is_installed_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    checks = examine()
    assert checks[-1].name == "profile" and checks[-1].status == "fail" and exit_code(checks) == 2
    assert checks[0].detail.startswith(f"{settings.DISTRIBUTION} {trainer.__version__} in {settings.PACKAGE_DIR}")


def test_each_place_is_named_with_the_reason(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    found = by_name()
    assert [name for name in found if name in PLACES] == PLACES
    assert found["profile"].detail == f"{project / 'profiles.yml'} (a folder above this one)"
    assert found["target"].detail == "embedded, of type chdb (the profile's default)"
    assert str(settings.packaged_project()) in found["project"].detail
    assert (found["artifacts"].status, found["warehouse"].status, found["warehouse"].code) == ("note", "fail", 4)
    assert found["warehouse"].advice == "run `trainer init`" and not (project / ".warehouse").exists()
    monkeypatch.setenv("TRAINER_ARTIFACTS", str(project / "models"))
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(project / "elsewhere"))
    found = by_name()
    assert found["artifacts"].status == "ok" and found["artifacts"].detail.endswith("(TRAINER_ARTIFACTS is set)")
    assert found["warehouse"].detail == f"{project / 'elsewhere'} is not there (TRAINER_WAREHOUSE is set)"


def test_a_link_to_another_installation_fails(project: Path, tmp_path: Path) -> None:
    (project / ".trainer").unlink()
    (project / ".trainer").symlink_to(tmp_path)
    check = by_name()["project"]
    assert (check.status, check.code) == ("fail", 2) and str(tmp_path) in check.detail


def test_a_server_that_is_not_there_fails_with_four(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_PORT", "1")
    found = by_name(target="server")
    assert found["target"].detail == "server, of type clickhouse (the option --target)"
    assert (found["warehouse"].status, found["warehouse"].code) == ("fail", 4) and "127.0.0.1:1" in found["warehouse"].detail


def distribution_that_requires(folder: Path, *requirements: str) -> PathDistribution:
    lines = "".join(f"Requires-Dist: {one}\n" for one in requirements)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {settings.DISTRIBUTION}\nVersion: 1.0\n{lines}")
    return PathDistribution(folder)


def test_versions_that_do_not_fit_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def libraries(*requirements: str) -> Check:
        ours = distribution_that_requires(tmp_path, *requirements)
        monkeypatch.setattr(package, "distribution", lambda _: ours)
        return by_name()["libraries"]

    monkeypatch.chdir(tmp_path)
    numpy = version("numpy")
    assert libraries("numpy>=1.0", "no-such-thing; extra == 'dev'").status == "ok"
    found = libraries("numpy>=99", "no-such-thing>=1")
    assert (found.status, found.code) == ("fail", 2)
    assert found.detail == f"numpy {numpy} is installed, and >=99 is required; no-such-thing is not installed"


def test_the_command_prints_a_line_or_an_object_a_check_and_exits_with_the_first_failure(project: Path) -> None:
    def doctor(*options: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "trainer", "doctor", *options]
        path = f"{settings.CHECKOUT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=project, env=os.environ | {"PYTHONPATH": path}
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    code, lines = doctor()
    _, text = doctor("--json")
    found: dict[str, Any] = json.loads(text)
    assert code == 4 and found["ok"] is False
    assert [check["check"] for check in found["checks"]] == [line.split()[1] for line in lines.splitlines()]
    assert [check["status"] for check in found["checks"]] == [line.split()[0] for line in lines.splitlines()]

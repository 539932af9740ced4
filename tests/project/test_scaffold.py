"""A project is written once, around what its folder has already, and finds the models of the package that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from trainer import settings
from trainer.errors import UsageError
from trainer.project import link_package, problem_of_link, project_at, scaffold, write_project
from trainer.warehouse import seeds

FILES = {"profiles.yml", ".gitignore", "README.md", "packages.yml", "dbt_project.yml"}


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DBT_PROFILES_DIR", "DBT_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "Prüf ung"
    write_project(folder)
    monkeypatch.chdir(folder)
    return folder


def test_a_project_has_what_dbt_and_the_trainer_look_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(content(project)) >= FILES
    (project / "models" / "deep").mkdir()
    monkeypatch.chdir(project / "models" / "deep")
    assert settings.profiles_dir() == settings.project_dir() == project_at(Path.cwd()) == project
    assert settings.target().path == project / ".warehouse"
    assert settings.artifacts_dir() == project / "artifacts"
    ours, packaged = (
        yaml.safe_load((folder / "dbt_project.yml").read_text()) for folder in (project, settings.packaged_project())
    )
    assert ours["name"] != packaged["name"] and ours["profile"] == packaged["profile"] == settings.PROFILE
    assert packaged["flags"].items() <= ours["flags"].items(), "flags are those of the project that dbt runs"
    assert (project / "dbt_packages" / "trainer").resolve() == settings.packaged_project()


def test_a_second_call_writes_nothing_and_brings_nothing_back(project: Path) -> None:
    (project / "README.md").unlink()
    (project / "dbt_project.yml").write_text((project / "dbt_project.yml").read_text().replace("vars: {}", "vars: {a: 1}"))
    before = content(project)
    assert write_project(project).files == []
    assert content(project) == before


@pytest.mark.parametrize("killed_at", range(1, 9))
def test_a_killed_call_is_completed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int) -> None:
    written = scaffold._write_new
    calls = 0

    def killed(path: Path, text: bytes) -> bool:
        nonlocal calls
        calls += 1
        if calls == killed_at:
            raise KeyboardInterrupt
        return written(path, text)

    monkeypatch.setattr(scaffold, "_write_new", killed)
    with pytest.raises(KeyboardInterrupt):
        write_project(tmp_path / "killed")
    monkeypatch.undo()
    write_project(tmp_path / "killed")
    write_project(tmp_path / "whole")
    assert content(tmp_path / "killed") == content(tmp_path / "whole")


def test_files_of_the_same_name_are_left_and_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "models" / "rules").mkdir(parents=True)
    (tmp_path / "models" / "rules" / "a.sql").write_text("select 1")
    done = write_project(tmp_path)
    assert done.left == ["README.md"] and set(done.files) >= FILES - {"README.md"}
    assert (tmp_path / "README.md").read_text() == "mine" and (tmp_path / "models" / "rules" / "a.sql").read_text() == "select 1"


@pytest.mark.parametrize(
    ("name", "text"),
    [("dbt_project.yml", "name: jaffle_shop\nprofile: jaffle"), ("profiles.yml", "jaffle: {}"), ("dbt_project.yml", ": :"), ("profiles.yml", "")],
)  # fmt: skip
def test_a_folder_of_another_dbt_project_is_refused_and_left(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=r"a folder of its own"):
        write_project(tmp_path)
    assert content(tmp_path) == {name: text.encode()}


def test_a_file_where_a_folder_belongs_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written to .*models"):
        write_project(tmp_path)


def test_the_link_follows_the_package_that_runs(project: Path, tmp_path: Path) -> None:
    assert problem_of_link(project) == "" and link_package(project) is False
    for link, elsewhere in (
        (project / ".trainer", tmp_path / "older"),
        (project / "dbt_packages" / "trainer", tmp_path / "gone"),
    ):
        link.unlink()
        link.symlink_to(elsewhere)
        assert str(link) in problem_of_link(project)
        assert link_package(project) is True and problem_of_link(project) == ""
    project.rename(tmp_path / "moved")
    assert problem_of_link(tmp_path / "moved") == ""


def test_a_folder_in_place_of_the_link_is_not_removed(project: Path) -> None:
    (project / ".trainer").unlink()
    (project / ".trainer").mkdir()
    (project / ".trainer" / "mine").touch()
    with pytest.raises(UsageError, match=r"\.trainer is no link"):
        link_package(project)
    assert (project / ".trainer" / "mine").exists()


def test_a_checkout_is_not_linked_to_anything() -> None:
    packaged = settings.packaged_project()
    assert not settings.inherits(packaged) and link_package(packaged) is False


def test_a_seed_of_ones_own_replaces_the_packaged_one_of_its_name(project: Path) -> None:
    assert settings.seed_file("label_sources") == settings.packaged_project() / "seeds" / "label_sources.csv"
    own = project / "seeds" / "label_sources.csv"
    own.write_text("source,trust,lineage,description\n")
    assert settings.seed_file("label_sources") == own
    assert seeds.seed_file("risk_levels").is_file() and settings.built_in_project() == settings.packaged_project()

"""profiles.yml is found and rendered as dbt does, and a password is never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trainer import settings
from trainer.errors import UsageError

PROFILE = """
trainer:
  target: "{{ env_var('TRAINER_TARGET', 'embedded') }}"
  outputs:
    embedded: {type: chdb, path: "{{ env_var('TRAINER_WAREHOUSE', 'house') }}", schema: mine}
    server:
      type: clickhouse
      host: "{{ env_var('CLICKHOUSE_HOST', 'db.example') }}"
      port: "{{ env_var('CLICKHOUSE_PORT', '8443') | as_number }}"
      user: miner
      password: "{{ env_var('A_PASSWORD', '') }}"
      secure: "{{ env_var('A_SECURE', 'true') | as_bool }}"
      schema: mine
      custom_settings: {max_threads: 1}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "profiles.yml").write_text(PROFILE)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_default_target_and_its_path_are_relative_to_the_profile(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "deep" / "er")
    assert settings.profiles_dir() != home  # a folder above is the project's only if a dbt project is there
    (home / "dbt_project.yml").touch()
    found = settings.target()
    assert (found.name, found.type, found.database, found.path) == ("embedded", "chdb", "mine", home / "house")


def test_a_profile_of_another_user_or_open_to_everybody_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = home / "profiles.yml"
    profile.chmod(0o666)
    with pytest.raises(UsageError, match=r"Everybody may write to .*profiles\.yml; run `chmod o-w"):
        settings.target()
    profile.chmod(0o644)
    owner = profile.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if not owner:  # root's files are trusted
        os.chown(profile, 12345, -1)
    with pytest.raises(UsageError, match=r"belongs to another user; if you trust it, set DBT_PROFILES_DIR="):
        settings.target()
    monkeypatch.setenv("DBT_PROFILES_DIR", str(home))
    assert settings.target().database == "mine"


def test_an_absolute_path_and_a_home_path_are_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(home / "elsewhere"))
    assert settings.target().path == home / "elsewhere"
    monkeypatch.setenv("TRAINER_WAREHOUSE", "~/house")
    assert settings.target().path == Path.home() / "house"


def test_the_environment_chooses_the_target_and_an_argument_overrides_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_TARGET", "server")
    assert settings.target().name == "server"
    assert settings.target("embedded").name == "embedded"


def test_filters_become_the_type_of_their_field(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_PORT", "9000")
    monkeypatch.setenv("A_SECURE", "False")
    found = settings.target("server")
    assert (found.port, found.secure, found.host, found.settings) == (9000, False, "db.example", {"max_threads": 1})


def test_dbt_profiles_dir_wins_over_the_working_directory(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "profiles.yml").write_text(PROFILE.replace("schema: mine", "schema: theirs"))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(other))
    assert settings.profiles_dir() == other
    assert settings.target().database == "theirs"


def test_dbt_profiles_dir_without_a_profile_is_an_error_not_a_silent_fallback(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(UsageError, match="DBT_PROFILES_DIR"):
        settings.target()


def test_elsewhere_the_projects_own_profile_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.profiles_dir() == settings.PACKAGE_DIR.parent


def test_an_unknown_target_lists_the_known(home: Path) -> None:
    with pytest.raises(UsageError, match=r"'prod'.*embedded, server"):
        settings.target("prod")


def test_the_password_is_read_and_never_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_PASSWORD", "hunter2")
    found = settings.target("server")
    assert found.password == "hunter2"
    assert "hunter2" not in repr(found) and "hunter2" not in str(found)


def test_a_missing_variable_without_default_is_named(home: Path) -> None:
    (home / "profiles.yml").write_text(PROFILE.replace("env_var('A_PASSWORD', '')", "env_var('A_PASSWORD')"))
    with pytest.raises(UsageError, match="A_PASSWORD"):
        settings.target("server")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "other: {}",
        "trainer:",
        "trainer: [1, 2]",
        "trainer: {outputs: 5}",
        "trainer: {target: x",
        "trainer: {target: a, outputs: {a: 5}}",
        "trainer: {target: a, outputs: {a: {path: x}}}",
        "trainer: {target: a, outputs: {a: {type: clickhouse, port: many}}}",
        "trainer: {target: a, outputs: {a: {type: clickhouse, custom_settings: 5}}}",
        "trainer: {target: \"{{ env_var('X' }}\", outputs: {a: {type: chdb}}}",
        "trainer: {target: \"{{ var('x') }}\", outputs: {a: {type: chdb}}}",
    ],
)  # fmt: skip
def test_a_profile_that_is_none_is_a_usage_error(home: Path, text: str) -> None:
    (home / "profiles.yml").write_text(text)
    with pytest.raises(UsageError, match=r"profiles\.yml"):
        settings.target()


def test_bytes_that_are_not_text_are_a_usage_error(home: Path) -> None:
    (home / "profiles.yml").write_bytes(b"\xff\xfe\x00trainer")
    with pytest.raises(UsageError, match=r"profiles\.yml"):
        settings.target()


def test_dbt_sees_the_warehouse_the_trainer_sees(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "dbt_project").mkdir()
    (home / "dbt_project" / "dbt_project.yml").write_text("name: x")
    environment = settings.dbt_environment()
    assert environment["TRAINER_WAREHOUSE"] == str(home / "house")
    assert environment["DBT_PROFILES_DIR"] == str(home)
    assert environment["DBT_PROJECT_DIR"] == str(home / "dbt_project")
    assert environment["TRAINER_TARGET"] == "embedded"


def test_dbt_runs_where_plain_dbt_would_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = home / "dbt_project"
    project.mkdir()
    (project / "dbt_project.yml").write_text("name: x")
    (home / "dbt_project.yml").symlink_to("dbt_project/dbt_project.yml")
    assert settings.dbt_environment()["DBT_PROJECT_DIR"] == str(home)
    assert settings.project_dir() == project
    monkeypatch.setenv("DBT_PROJECT_DIR", str(project))
    assert settings.dbt_environment()["DBT_PROJECT_DIR"] == str(project)


def test_a_folder_without_a_dbt_project_is_an_error(home: Path) -> None:
    with pytest.raises(UsageError, match="DBT_PROJECT_DIR"):
        settings.project_dir()


def test_models_are_saved_beside_the_profile_or_in_the_folder_of_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.artifacts_dir() == home / "artifacts"
    monkeypatch.setenv("TRAINER_ARTIFACTS", str(home / "models"))
    assert settings.artifacts_dir() == home / "models"

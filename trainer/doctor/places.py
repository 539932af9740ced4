"""Which files and folders are in use, and why these."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from trainer import settings
from trainer.doctor.check import Check, failure
from trainer.errors import UsageError
from trainer.project import problem_of_link


def place_checks(target: str | None) -> Iterator[Check]:
    """Check the profile, its target, the dbt project and the folder of the models; the rest is left out without a profile."""
    try:
        profiles = settings.profiles_dir()
        chosen = settings.target(target)
    except UsageError as error:
        yield failure("profile", error)
        return
    yield Check("profile", "ok", f"{profiles / 'profiles.yml'} ({_why('DBT_PROFILES_DIR', _found(profiles))})")
    why = "the option --target" if target is not None else _why("TRAINER_TARGET", "the profile's default")
    yield Check("target", "ok", f"{chosen.name}, of type {chosen.type} ({why})")
    yield _project()
    yield _artifacts()


def _project() -> Check:
    try:
        project = settings.project_dir()
    except UsageError as error:
        return failure("project", error)
    why = _why("DBT_PROJECT_DIR", "beside the profile")
    if not settings.inherits(project):
        return Check("project", "ok", f"{project}, with the built-in models ({why})")
    if problem := problem_of_link(project):
        return Check("project", "fail", problem, "run `trainer init`, which sets the link", UsageError.exit_code)
    return Check("project", "ok", f"{project}, which takes over {settings.packaged_project()} ({why})")


def _artifacts() -> Check:
    folder = settings.artifacts_dir()
    why = _why("TRAINER_ARTIFACTS", "beside the profile")
    if not folder.exists():
        return Check("artifacts", "note", f"{folder} is not there yet ({why})", "`trainer fit` creates it with the first model")
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        advice = "make it a folder that you may write to, or set TRAINER_ARTIFACTS"
        return Check("artifacts", "fail", f"{folder} cannot be written ({why})", advice, UsageError.exit_code)
    return Check("artifacts", "ok", f"{folder} ({why})")


def _found(profiles: Path) -> str:
    here = Path.cwd()
    if profiles == here:
        return "the working folder"
    return "a folder above this one" if profiles in here.parents else "the checkout that the package runs from"


def _why(variable: str, otherwise: str) -> str:
    return f"{variable} is set" if os.environ.get(variable) else otherwise

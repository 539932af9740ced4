"""Writes a project into a folder: profiles.yml, a dbt project that inherits the packaged one, and places for one's own models."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from trainer import settings
from trainer.errors import UsageError
from trainer.project.link import link_package

TEMPLATE = Path(__file__).parent / "template"
MARKER = "dbt_project.yml"  # written last: a folder that has it has everything else, or its owner has removed it
FOLDERS = ("models/rules", "models/features", "seeds", "macros", "tests")


@dataclass(frozen=True)
class Written:
    """What was written: the files of the folder, and those that were there before and are left as they were."""

    folder: Path
    files: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def project_at(folder: Path) -> Path | None:
    """Return the project in a folder or above it; None if there is none.

    A project has a profiles.yml, and a dbt project with the profile `trainer` beside it or below it in dbt_project.
    """
    for one in (folder, *folder.parents):
        found = (one / MARKER, one / "dbt_project" / MARKER)
        if (one / "profiles.yml").is_file() and any(path.is_file() and _profile_of(path) == settings.PROFILE for path in found):
            return one
    return None


def write_project(folder: Path) -> Written:
    """Write a project into a folder, which is created if need be; what it has already is left as it is.

    A folder with a project is left alone but for its link to the package. One that was killed while it wrote can be run again:
    each file appears whole or not at all, dbt_project.yml last.

    Raises:
        UsageError: the folder has another dbt project or another profiles.yml, or cannot be written.
    """
    if (folder / MARKER).is_file() or (folder / "dbt_project" / MARKER).is_file():
        if project_at(folder) != folder:
            raise UsageError(f"{folder} has a dbt project of another kind; run `trainer init FOLDER` with a folder of its own.")
        link_package(folder)
        return Written(folder)
    profile = folder / "profiles.yml"
    if profile.is_file() and not _has_profile(profile):
        raise UsageError(f"{profile} has no profile '{settings.PROFILE}'; run `trainer init FOLDER` with a folder of its own.")
    written = Written(folder)
    try:
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, source in _files().items():
            (written.files if _write_new(folder / name, source.read_bytes()) else written.left).append(name)
    except OSError as error:
        raise UsageError(f"A project cannot be written to {folder}: {error.strerror} ({error.filename}).") from error
    link_package(folder)
    return written


def _files() -> dict[str, Path]:
    """Return name in the project → the file it is a copy of, the marker last."""
    keep = {f"{name}/.gitkeep": TEMPLATE / "gitkeep" for name in FOLDERS}  # git keeps no empty folders
    names = {".gitignore": "gitignore", "README.md": "README.md", "packages.yml": "packages.yml", MARKER: MARKER}
    return {"profiles.yml": settings.PACKAGED / "profiles.yml"} | keep | {name: TEMPLATE / file for name, file in names.items()}


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file that does not exist yet, whole or not at all; return False and leave it if it does."""
    if os.path.lexists(path):
        return False
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    try:
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return True


def _profile_of(dbt_project: Path) -> str:
    """Return the profile that a dbt_project.yml names, '' if it cannot be read."""
    import yaml

    try:
        return str(yaml.safe_load(dbt_project.read_text(encoding="utf-8"))["profile"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        return ""


def _has_profile(profiles: Path) -> bool:
    import yaml

    try:
        return settings.PROFILE in yaml.safe_load(profiles.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError):
        return False

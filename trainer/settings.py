"""Where things are: the only module that reads profiles.yml and the environment.

dbt and the trainer share one profiles.yml, so there is one place for a connection. The rules for finding it are dbt's
(`DBT_PROFILES_DIR`, then the working directory), followed by the working directory's parents and, where the package runs from
a checkout, the checkout.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer.errors import UsageError

PROFILE = "trainer"
DISTRIBUTION = "aml-trainer"  # the name on PyPI, where `trainer` is another project
PACKAGE_DIR = Path(__file__).resolve().parent
CHECKOUT = PACKAGE_DIR.parent
IS_CHECKOUT = (CHECKOUT / "dbt_project" / "dbt_project.yml").is_file()
"""Whether the package runs from a checkout of its repository, not from a wheel."""
PACKAGED = CHECKOUT if IS_CHECKOUT else PACKAGE_DIR / "project"
"""Folder with the profiles.yml and dbt_project that ship with the package; nothing is written there."""
PACKAGE_LINK = ".trainer"  # in a project that `trainer init` wrote: a link to the packaged dbt project
PART_FROM_NAMESAKE = f"run `pip uninstall trainer`, then `pip install --force-reinstall --no-deps {DISTRIBUTION}`"
NO_PROJECT = "There is no project here or above; run `trainer init` to write one, or set DBT_PROFILES_DIR."


@dataclass(frozen=True)
class Target:
    """One output of the profile: the connection to a warehouse."""

    name: str
    type: str
    database: str
    path: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8123
    user: str = "default"
    password: str = field(default="", repr=False)
    secure: bool = False
    stall_seconds: int = 60
    settings: dict[str, Any] = field(default_factory=dict)
    cluster: tuple[str, str] = ("", "")  # its name, and the engine of the database there; '' for one server and for none


def target(name: str | None = None) -> Target:
    """Return the target `name`, or the profile's default one.

    Raises:
        UsageError: profiles.yml is missing or not valid, or has no such target.
    """
    folder = profiles_dir()
    profile = _profile(folder)
    chosen = name or str(profile.get("target", "embedded"))
    outputs: dict[str, dict[str, Any]] = profile.get("outputs", {})
    if chosen not in outputs:
        raise UsageError(f"The target '{chosen}' is not in {folder / 'profiles.yml'}; it has: {', '.join(sorted(outputs))}.")
    return _target(chosen, outputs[chosen], folder)


def profiles_dir() -> Path:
    """Return the folder of the profiles.yml in use.

    Raises:
        UsageError: no profiles.yml was found.
    """
    if configured := os.environ.get("DBT_PROFILES_DIR"):
        folder = Path(configured).resolve()
        if not (folder / "profiles.yml").is_file():
            raise UsageError(f"There is no profiles.yml in {folder}, which DBT_PROFILES_DIR names.")
        return folder
    for folder in _candidates():
        if (folder / "profiles.yml").is_file():
            _require_trusted(folder / "profiles.yml")
            return folder
    raise UsageError(NO_PROJECT)


def project_dir() -> Path:
    """Return the dbt project's folder: `DBT_PROJECT_DIR`; `dbt_project` beside the profiles.yml in use, or its own folder.

    Raises:
        UsageError: the folder has no dbt_project.yml.
    """
    configured = os.environ.get("DBT_PROJECT_DIR")
    beside = profiles_dir()
    folders = [Path(configured).resolve()] if configured else [(beside / "dbt_project").resolve(), beside]
    for folder in folders:
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise UsageError(f"There is no dbt_project.yml in {folders[0]}; run from the project's folder or set DBT_PROJECT_DIR.")


def is_configured() -> bool:
    """Return whether the environment names the profiles.yml to use, wherever the command runs."""
    return bool(os.environ.get("DBT_PROFILES_DIR"))


def use_project(folder: Path) -> None:
    """Use the project in a folder, in this process and in those it starts, wherever the command runs."""
    os.environ["DBT_PROFILES_DIR"] = str(folder)
    os.environ.pop("DBT_PROJECT_DIR", None)


def packaged_project() -> Path:
    """Return the folder of the dbt project that ships with the package: built-in models, macros, tests and seeds."""
    return PACKAGED / "dbt_project"


def built_in_project() -> Path:
    """Return the folder of the built-in models and seeds: the packaged one, or the project in use where that is a checkout's."""
    try:
        project = project_dir()
    except UsageError:  # what is packaged needs no project
        return packaged_project()
    return packaged_project() if inherits(project) else project


def seed_file(name: str) -> Path:
    """Return the CSV file of a seed: that of the project in use, if it has one of this name, else the built-in one."""
    folder = built_in_project()
    if folder == packaged_project():
        with contextlib.suppress(UsageError):
            own = project_dir() / "seeds" / f"{name}.csv"
            return own if own.is_file() else folder / "seeds" / own.name
    return folder / "seeds" / f"{name}.csv"


def inherits(project: Path) -> bool:
    """Return whether a dbt project is a user's own, which takes over the packaged one; that of a checkout is the packaged one."""
    return (project / PACKAGE_LINK).is_symlink() or (project / "packages.yml").is_file()


def artifacts_dir() -> Path:
    """Return the folder that holds saved models: `TRAINER_ARTIFACTS`, or `artifacts` beside the profiles.yml in use."""
    return Path(os.environ.get("TRAINER_ARTIFACTS") or profiles_dir() / "artifacts").resolve()


def namesake() -> str | None:
    """Return the version of another project named `trainer` in this environment; None if there is none.

    Its files and ours share the folder `trainer` of site-packages, so that each overwrites some of the other's.
    """
    from importlib.metadata import distributions

    for found in distributions(name=PROFILE):
        commands = {(point.group, point.value) for point in found.entry_points}
        if ("console_scripts", "trainer.__main__:main") not in commands:  # that of this package before it was renamed
            return found.version
    return None


def is_debugging() -> bool:
    """Return whether errors show their traceback: `TRAINER_DEBUG` is set, and is not 0."""
    return os.environ.get("TRAINER_DEBUG", "") not in {"", "0"}


def turn_on_debugging() -> None:
    """Make errors show their traceback, in this process and in those it starts."""
    os.environ["TRAINER_DEBUG"] = "1"


def allows_http() -> bool:
    """Return whether files may be fetched over plain http from other machines: `TRAINER_ALLOW_HTTP` is set, and is not 0."""
    return os.environ.get("TRAINER_ALLOW_HTTP", "") not in {"", "0"}


def max_download_bytes() -> int:
    """Return how much one command may fetch: `TRAINER_MAX_DOWNLOAD_GIB`, 64 by default."""
    return _gib("TRAINER_MAX_DOWNLOAD_GIB", 64)


def max_matrix_bytes() -> int:
    """Return the size above which a matrix is kept in a file: `TRAINER_MATRIX_GIB`; by default none is."""
    return _gib("TRAINER_MATRIX_GIB", 2**20)


def _gib(name: str, default: int) -> int:
    """Return a number of bytes that a variable has in GiB, or raise UsageError if it is no number above 0."""
    text, size = os.environ.get(name) or str(default), 0.0
    with contextlib.suppress(ValueError):
        size = float(text)
    if not 0 < size < float("inf"):
        raise UsageError(f"{name} is '{text[:32]}'; it takes a number of GiB above 0.")
    return int(size * 2**30)


def https_token(host: str) -> str | None:
    """Return the token for an https server, from `TRAINER_HTTPS_TOKEN=host=token`; None for other hosts."""
    named, _, token = os.environ.get("TRAINER_HTTPS_TOKEN", "").partition("=")
    return token if token and named.lower() == host.lower() else None


def s3_options() -> dict[str, Any]:
    """Return region and endpoint of S3 from the variables that AWS's own tools read, and whether requests are unsigned."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None
    return {"region": region, "endpoint": endpoint, "anonymous": os.environ.get("TRAINER_S3_ANONYMOUS", "") not in {"", "0"}}


def dbt_environment(target_name: str | None = None) -> dict[str, str]:
    """Return the environment for a dbt run in a child process that sees the same warehouse as this one."""
    chosen, home, project = target(target_name), profiles_dir(), project_dir()
    if not os.environ.get("DBT_PROJECT_DIR") and (home / "dbt_project.yml").resolve() == project / "dbt_project.yml":
        project = home  # a checkout's root, as for plain dbt: to it, files under other paths are other files to parse
    environment = os.environ | {
        "DBT_PROFILES_DIR": str(home),
        "DBT_PROJECT_DIR": str(project),
        "DBT_TARGET_PATH": os.environ.get("DBT_TARGET_PATH", str(home / "target")),
        "DBT_LOG_PATH": os.environ.get("DBT_LOG_PATH", str(home / "logs")),
        "TRAINER_TARGET": chosen.name,
    }
    return environment if chosen.path is None else environment | {"TRAINER_WAREHOUSE": str(chosen.path)}


def _candidates() -> Iterator[Path]:
    """Yield the folders that may be the project: the working folder, those above it with a dbt project, the checkout."""
    yield Path.cwd()
    for folder in Path.cwd().parents:
        if any((folder / project).is_file() for project in ("dbt_project.yml", "dbt_project/dbt_project.yml")):
            yield folder
    if IS_CHECKOUT:
        yield CHECKOUT


def _require_trusted(path: Path) -> None:
    """Raise UsageError for a profile that someone else may have put there: it decides where data and passwords go."""
    for one in (path, path.parent):
        status = one.stat()
        if status.st_uid not in {0, os.geteuid()}:
            raise UsageError(f"{one} belongs to another user; if you trust it, set DBT_PROFILES_DIR={path.parent}.")
        if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
            raise UsageError(f"Everybody may write to {one}; run `chmod o-w {one}`.")


def _profile(folder: Path) -> dict[str, Any]:
    import yaml

    path = folder / "profiles.yml"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        profile = document[PROFILE]
        profile["outputs"].items()
    except (AttributeError, OSError, yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not a dbt profile with an entry '{PROFILE}': {error}.") from error
    rendered: dict[str, Any] = _render(profile)
    return rendered


def _render(value: Any) -> Any:
    """Render `{{ env_var('NAME', 'default') }}` as dbt does, in every string of a nested value."""
    if isinstance(value, dict):
        return {key: _render(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_render(item) for item in value]
    if not isinstance(value, str) or "{{" not in value:
        return value
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined)
    # dbt's type filters; _target, which knows the type of each field, converts the text.
    environment.filters |= {"as_number": str, "as_bool": str, "as_text": str, "as_native": str}
    try:
        return environment.from_string(value).render(env_var=_env_var)
    except TemplateError as error:
        raise UsageError(f"profiles.yml has '{value}', which cannot be rendered: {error}.") from error


def _env_var(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise UsageError(f"profiles.yml needs the environment variable {name}, which is not set.")
    return value


def _target(name: str, output: dict[str, Any], folder: Path) -> Target:
    try:
        path = Path(str(output["path"])).expanduser() if "path" in output else None
        return Target(
            name=name,
            type=str(output["type"]),
            database=str(output.get("schema", "default")),
            path=None if path is None else (path if path.is_absolute() else (folder / path).resolve()),
            host=str(output.get("host", "127.0.0.1")),
            port=int(output.get("port", 8123)),
            user=str(output.get("user", "default")),
            password=str(output.get("password", "")),
            stall_seconds=int(output.get("send_receive_timeout", 60)),
            secure=str(output.get("secure", False)).strip().lower() in {"1", "true", "yes", "on"},
            settings=dict(output.get("custom_settings") or {}),
            cluster=(str(output.get("cluster") or ""), str(output.get("database_engine") or "").strip()),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise UsageError(f"The target '{name}' in {folder / 'profiles.yml'} is not valid: {error}.") from error

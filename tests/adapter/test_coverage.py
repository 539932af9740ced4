"""Every suite that dbt-tests-adapter has is either run against `type: chdb` or excluded with a reason."""

import importlib
import inspect
import runpy
from collections.abc import Iterator
from pathlib import Path

import dbt.tests.adapter
import pytest

from tests.adapter.excluded import EXCLUDED

PREFIX = "dbt.tests.adapter."


def _suites() -> dict[str, type]:
    """Return the base classes that contain tests, by their path below dbt.tests.adapter."""
    suites = {}
    for root in map(Path, dbt.tests.adapter.__path__):
        for file in sorted(root.rglob("*.py")):
            name = ".".join(file.relative_to(root).with_suffix("").parts)
            try:
                module = importlib.import_module(PREFIX + name)
            except ModuleNotFoundError as error:  # a suite for another adapter
                if str(error.name).startswith("dbt.adapters."):
                    continue
                raise
            for suite in vars(module).values():
                if not inspect.isclass(suite) or suite.__module__ != module.__name__:
                    continue
                if "Base" in suite.__name__ and not suite.__name__.startswith("Test"):
                    suites[f"{name}.{suite.__name__}"] = suite
    return suites


def _tests(suite: type) -> Iterator[str]:
    return (name for name in dir(suite) if name.startswith("test_") and getattr(suite, name) is not None)


RUN = [
    value
    for file in ("test_unchanged.py", "test_adapted.py")
    for name, value in runpy.run_path(str(Path(__file__).with_name(file))).items()
    if inspect.isclass(value) and name.startswith("Test")
]
SUITES = {path: suite for path, suite in _suites().items() if any(_tests(suite))}


@pytest.mark.parametrize("path", SUITES)
def test_every_suite_is_run_or_excluded_with_a_reason(path: str) -> None:
    runners = [run for run in RUN if issubclass(run, SUITES[path])]
    only_a_base = any(other is not SUITES[path] and issubclass(other, SUITES[path]) for other in SUITES.values())
    assert runners or path in EXCLUDED or only_a_base
    assert not (runners and path in EXCLUDED), "it runs: remove it from the list"


@pytest.mark.parametrize("path", EXCLUDED)
def test_every_exclusion_names_a_suite_and_has_a_reason(path: str) -> None:
    assert EXCLUDED[path]
    importable = path in SUITES or path.rpartition(".")[0] in SUITES
    assert importable or path == "simple_copy.test_copy_uppercase.BaseSimpleCopyUppercase"


@pytest.mark.parametrize("run", RUN, ids=lambda run: run.__name__)
def test_a_disabled_test_is_on_the_list(run: type) -> None:
    disabled = [name for name in dir(run) if name.startswith("test_") and getattr(run, name) is None]
    for name in disabled:
        assert any(path.endswith(f".{name}") and issubclass(run, SUITES[path.rpartition(".")[0]]) for path in EXCLUDED)

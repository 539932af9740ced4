"""What is installed: this package, Python, the libraries it requires, and whether another project has its name."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version

from trainer import settings
from trainer.doctor.check import Check
from trainer.errors import UsageError
from trainer.version import __version__

SHOWN = ("dbt-core", "dbt-clickhouse", "chdb", "clickhouse-connect", "xgboost", "lightgbm", "torch")
ENTRY_POINT_GROUP = "trainer.models"


def package_checks() -> Iterator[Check]:
    """Check what is installed."""
    where = "a checkout" if settings.IS_CHECKOUT else "a wheel"
    package = f"{settings.DISTRIBUTION} {__version__} in {settings.PACKAGE_DIR} ({where})"
    yield Check("package", "ok", package)
    yield Check("python", "ok", f"{platform.python_version()} at {sys.executable}")
    if (other := settings.namesake()) is not None:
        yield Check(
            "name",
            "fail",
            f"another project named trainer ({other}) is installed in this environment, and both write to one folder",
            settings.PART_FROM_NAMESAKE,
            UsageError.exit_code,
        )
    yield _libraries()


def _libraries() -> Check:
    """Compare the versions of libraries with those that the installed distribution requires."""
    try:
        ours = distribution(settings.DISTRIBUTION)
    except PackageNotFoundError:
        advice = f"install it with `pip install -e {settings.CHECKOUT}`" if settings.IS_CHECKOUT else ""
        return Check("libraries", "note", f"{settings.DISTRIBUTION} is not installed, so that no versions are required", advice)
    wrong = list(_mismatches(ours))
    if wrong:
        advice = f"run `pip install {settings.DISTRIBUTION}=={ours.version}`, which installs what fits"
        return Check("libraries", "fail", "; ".join(wrong), advice, UsageError.exit_code)
    return Check("libraries", "ok", ", ".join(f"{name} {version(name)}" for name in SHOWN))


def _mismatches(ours: Distribution) -> Iterator[str]:
    from packaging.requirements import Requirement

    for text in ours.requires or ():
        required = Requirement(text)
        if required.marker is not None and not required.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(required.name)
        except PackageNotFoundError:
            yield f"{required.name} is not installed"
            continue
        if not required.specifier.contains(found, prereleases=True):
            yield f"{required.name} {found} is installed, and {required.specifier} is required"

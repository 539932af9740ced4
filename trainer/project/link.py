"""The link from a user's dbt project to the packaged one: dbt reads the package's models where it is installed.

`.trainer` in the project leads to the folder of the running package; packages.yml names it as a local package, and
`dbt_packages/trainer`, where dbt looks for packages, leads to it. A copy would be stale after an upgrade, and a path in a file of
the user's would be of one environment only.
"""

from __future__ import annotations

import os
from pathlib import Path

from trainer import settings
from trainer.errors import UsageError

INSTALLED = Path("dbt_packages") / "trainer"  # where `dbt deps` puts a package of this name


def link_package(project: Path) -> bool:
    """Let a project that inherits the packaged models find those of the running package; return whether anything was changed.

    A project that does not inherit them, as that of a checkout, is left alone.

    Raises:
        UsageError: a link cannot be made, because something else has its name or the folder cannot be written.
    """
    if not settings.inherits(project) or not problem_of_link(project):
        return False
    _point(project / settings.PACKAGE_LINK, settings.packaged_project())
    _point(project / INSTALLED, Path("..") / settings.PACKAGE_LINK)
    return True


def problem_of_link(project: Path) -> str:
    """Return what is wrong with a project's links to the package, '' if nothing is."""
    packaged = settings.packaged_project().resolve()
    for link in (project / settings.PACKAGE_LINK, project / INSTALLED):
        if not os.path.lexists(link):
            return f"{link} is missing"
        if link.resolve() != packaged:
            return f"{link} leads to {link.resolve()}, and the package that runs is in {packaged}"
    return ""


def _point(link: Path, where: Path) -> None:
    """Make a link, or change where it leads in one step, so that a dbt that is starting finds the old or the new one."""
    if link.exists() and not link.is_symlink():
        raise UsageError(f"{link} is no link to the package's models; move it away and run `trainer init`.")
    new = link.with_name(f"{link.name}.{os.getpid()}")
    try:
        link.parent.mkdir(exist_ok=True)
        new.symlink_to(where, target_is_directory=True)
        new.replace(link)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise UsageError(f"The link {link} to the package's models cannot be made: {error.strerror}.") from error

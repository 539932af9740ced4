"""All checks, in the order in which one depends on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trainer.doctor.check import Check
from trainer.doctor.package import package_checks
from trainer.doctor.places import place_checks
from trainer.doctor.warehouse import warehouse_checks


def examine(target: str | None = None, progress: Callable[[Check], None] | None = None) -> list[Check]:
    """Check what is installed and what is in use; what depends on something that fails is left out.

    Args:
        target: a target of profiles.yml, if not the profile's own.
        progress: called with each check.
    """
    found = []
    for check in _checks(target):
        found.append(check)
        if progress is not None:
            progress(check)
    return found


def exit_code(checks: list[Check]) -> int:
    """Return the exit code of the worst check: the first that fails, on which the others may depend; 0 if none does."""
    return next((check.code for check in checks if check.status == "fail"), 0)


def _checks(target: str | None) -> Iterator[Check]:
    yield from package_checks()
    places = list(place_checks(target))
    yield from places
    if places[0].status != "fail":
        yield from warehouse_checks(target)

"""The command `trainer`: starts the package of that name, or says in a sentence that Python finds another one.

Outside the package, because importing anything inside it runs the other one's `__init__`.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

OURS = "trainer.warehouse.client"  # trainer/__init__.py names it among the modules of its public names


def main() -> None:
    """Run the command line; exit with 2 if the package `trainer` is another project's."""
    if (problem := namesake_problem()) is not None:
        sys.exit(_refused(problem))
    from trainer.__main__ import main as run

    run()


def namesake_problem() -> str | None:
    """Return what is wrong with the package that Python would import, None if it is ours."""
    found = find_spec("trainer")
    if found is None:
        return "The package trainer is missing; run `pip install --force-reinstall --no-deps aml-trainer`."
    origin = Path(found.origin) if found.origin else Path(next(iter(found.submodule_search_locations or [""])))
    if origin.is_file() and OURS in origin.read_text(encoding="utf-8", errors="replace"):
        return None
    if origin.is_relative_to(Path(__file__).parent / "trainer"):
        return (
            f"Another project named trainer is installed and has overwritten {origin}; run `pip uninstall trainer`, then "
            "`pip install --force-reinstall --no-deps aml-trainer`."
        )
    return f"Python finds another package named trainer, {origin}; rename it, or take its folder out of PYTHONPATH."


def _refused(problem: str) -> int:
    print(f"trainer: {problem}", file=sys.stderr)
    return 2

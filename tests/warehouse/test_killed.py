"""A sample of the kills of benchmarks/endurance/kill.py: what was killed is run again, and leaves what an undisturbed run leaves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.killing import Place, killed, way

Step = tuple[tuple[object, ...], Place, dict[str, list[int]], int]


@pytest.fixture(scope="module")
def steps(parsed_project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Step]:
    """For each of the first commands: itself, the place before it, the state after it, and its number of changing statements."""
    root = tmp_path_factory.mktemp("killed")
    place, found = Place(root / "0"), {}
    shutil.copytree(parsed_project.parent, place.root / "target")
    verbs = way(root / "data")
    for number, name in enumerate(("init", "ingest", "labels add", "features add"), start=1):
        before, place = place, place.copy(root / str(number))
        done = place.run(*verbs[name])
        assert done.code == 0, done.err
        found[name] = (verbs[name], before, place.state(), done.statements)
    return found


@pytest.mark.parametrize(
    ("name", "share"),
    [("ingest", 0.85), ("labels add", 0.8)],
)
def test_a_killed_command_is_run_again(steps: dict[str, Step], tmp_path: Path, name: str, share: float) -> None:
    verb, before, after, statements = steps[name]
    assert killed(before, verb, after, tmp_path / "killed", kill_at=round(share * statements)) == ""


def test_a_kill_that_matters_is_seen(steps: dict[str, Step], tmp_path: Path) -> None:
    verb, before, after, statements = steps["ingest"]
    wrong: Any = after | {"raw_alerts": [1, 2]}
    assert "other rows in raw_alerts" in killed(before, verb, wrong, tmp_path / "killed", kill_at=statements // 2)

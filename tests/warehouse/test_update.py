"""`trainer update` does what is left to do: from nothing, once more, after a change, and after it was killed at any step."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.dbt import run_dbt
from tests.support.killing import Place, differences
from tests.support.warehouse import DATES, WINDOW
from trainer import ModelTraining, connect
from trainer.errors import BadInputError, NotBuiltError
from trainer.labels.add import add_labels
from trainer.models import LightGBMTrainer, SingleFeatureTrainer
from trainer.progress import Progress
from trainer.simulate import SimulationSummary, simulate
from trainer.training import Update, UpdateResult
from trainer.training.update import run as update_run
from trainer.warehouse import DbtRun

NETWORK = "daynet"
LAST = f"{NETWORK}/{DATES[1]}/{WINDOW}"


@dataclass
class Day:
    """A warehouse of this module's own, and the snapshots of a network."""

    root: Path
    world: SimulationSummary

    @property
    def snapshots(self) -> Path:
        return self.world.root / "snapshots"

    def update(self, *paths: Path, **how: Any) -> UpdateResult:
        return Update(paths=paths, **how).run()

    def dry_run(self, *paths: Path) -> UpdateResult:
        return Update(paths=paths).plan()

    def rows(self, query: str) -> list[Any]:
        with connect() as client:
            return list(client.query(query).result_rows)


@pytest.fixture(scope="module")
def day(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """An empty folder, which the environment names; dbt runs in this process."""
    root = tmp_path_factory.mktemp("day")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_WAREHOUSE", str(root / "warehouse"))
        patch.setenv("TRAINER_ARTIFACTS", str(root / "artifacts"))
        patch.setenv("DBT_TARGET_PATH", str(root / "target"))

        def in_this_process(arguments: list[str], target: str | None = None, progress: Progress | None = None) -> DbtRun:
            with connect():  # left open for dbt: a process has one folder open
                run_dbt([one for one in arguments if one != "--full-refresh"])
            return DbtRun()

        patch.setattr(update_run, "follow_dbt", in_this_process)
        yield Day(root, simulate(root / "data", alerts=400, dates=DATES, window_days=WINDOW, network=NETWORK, seed=4))


@pytest.fixture(scope="module")
def loaded(day: Day) -> UpdateResult:
    """The first update: there is no model yet."""
    return day.update(day.snapshots)


@pytest.fixture(scope="module")
def trained(day: Day, loaded: UpdateResult) -> str:
    """The id of a model in use, trained after an update of the labels."""
    with connect() as client:
        add_labels(client, day.world.custom_labels)
    assert "label" in day.update().build
    with connect() as client:
        how: dict[str, Any] = {"window_days": WINDOW, "min_labelled": 20, "min_positive": 3, "folds": 2}
        trained = ModelTraining(NETWORK, *DATES, client, model_trainer=LightGBMTrainer({"n_estimators": 5}), **how).run()
        ModelTraining(NETWORK, *DATES, client, model_trainer=SingleFeatureTrainer(), **how).run()
    return trained.model_id


def test_a_dry_run_of_nothing_creates_nothing(day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "none"))
    found = day.dry_run(day.snapshots)
    assert set(found.to_load.values()) == {"new"} and len(found.to_load) == 2 and found.build
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_load_into_nothing_is_refused(day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "none"))
    with pytest.raises(NotBuiltError, match="trainer update PATH"):
        day.update()
    with pytest.raises(BadInputError, match="no folder"):
        day.update(tmp_path / "nowhere")


def test_the_first_update_loads_and_builds_and_misses_a_model(day: Day, loaded: UpdateResult) -> None:
    assert len(loaded.loaded) == 2 and loaded.build and not loaded.has_models and not loaded.scored
    rows = {str(one.key): one.rows["raw_alerts"] for one in loaded.loaded}
    assert rows[LAST] == 400 and set(loaded.to_load) == set(rows)
    assert day.rows("SELECT count() FROM scoring_alerts") == [(800,)]


def test_the_next_update_scores_with_the_model_in_use_which_is_no_baseline(day: Day, trained: str) -> None:
    planned = day.dry_run(day.snapshots)
    assert [(str(one), one.model_id) for one in planned.to_score] == [(LAST, trained)] and not planned.build
    assert day.rows("SELECT count() FROM alert_scores") == [(0,)]
    found = day.update(day.snapshots)
    assert not found.loaded and not found.build and found.unchanged == 2
    (scored,) = found.scored
    assert (scored.result.model_id, scored.result.rows) == (trained, 400)
    assert scored.highest.frame["score"].iloc[0] == pytest.approx(scored.result.score_max) and len(scored.highest.frame) == 10
    assert scored.drift is not None and scored.drift.before == str(DATES[0])
    assert 0 <= scored.drift.scores < 1 and set(scored.drift.features) >= {"degree_in"}
    assert sum(found.labels[LAST].values()) > 0
    assert json.loads(json.dumps(found.as_dict(), default=str))["scored"][0]["model_id"] == trained


def test_once_more_there_is_nothing_to_do(day: Day, trained: str) -> None:
    day.update(day.snapshots)
    before = day.rows("SELECT created_at, model_id FROM alert_scores ORDER BY ALL")
    again = day.update(day.snapshots)
    assert again.is_current and again.unchanged == 2 and not again.scored
    assert day.dry_run(day.snapshots).is_current
    assert day.rows("SELECT created_at, model_id FROM alert_scores ORDER BY ALL") == before


def test_rows_written_by_hand_and_changed_files_are_built(day: Day, trained: str, tmp_path: Path) -> None:
    day.update(day.snapshots)
    with connect() as client:
        label = {"address": "0x" + "1" * 40, "risk_level": "high", "network": NETWORK, "source": "hand", "confidence_score": 1.0}
        key = {"processing_date": str(DATES[1]), "window_days": WINDOW}
        client.insert_df("raw_address_labels", pd.DataFrame([label | key]))
    assert "raw_address_labels" in day.dry_run().build
    changed = tmp_path / NETWORK / str(DATES[1]) / str(WINDOW)
    shutil.copytree(day.snapshots / NETWORK / str(DATES[1]) / str(WINDOW), changed, ignore=shutil.ignore_patterns("META.json"))
    assert set(day.dry_run(tmp_path).to_load) == set()
    pd.read_parquet(changed / "alerts.parquet").iloc[5:].to_parquet(changed / "alerts.parquet")
    assert day.dry_run(tmp_path).to_load == {LAST: "alerts.parquet has changed"}
    found = day.update(tmp_path)
    assert list(found.to_load) == [LAST] and found.build and [one.result.rows for one in found.scored] == [395]
    assert day.rows(f"SELECT countIf(is_stale), count() FROM scored_alerts WHERE model_id = '{trained}'") == [(0, 395)]


def test_a_load_of_something_else_that_was_interrupted_is_named(day: Day, loaded: UpdateResult) -> None:
    from trainer.warehouse import builds

    with connect() as client:
        builds.mark(client, "load.`trainer labels add list.csv`", builds.STARTED)
    try:
        with pytest.raises(NotBuiltError, match="labels add list.csv` was interrupted"):
            day.update()
    finally:
        with connect() as client:
            builds.mark(client, "load.`trainer labels add list.csv`", builds.FINISHED)


@pytest.fixture(scope="module")
def place(day: Day, trained: str, parsed_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A copy of the warehouse with a model, in which commands run as processes of their own, and one snapshot that is new."""
    root = tmp_path_factory.mktemp("place")
    shutil.copytree(day.root / "warehouse", root / "wh", symlinks=True)
    shutil.copytree(day.root / "artifacts", root / "artifacts")
    shutil.copytree(parsed_project.parent, root / "target")
    return Place(root)


@pytest.fixture(scope="module")
def whole(day: Day, place: Place, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Any, int]:
    """An update that nothing disturbs: its place, the state it leaves, and its number of changing statements."""
    new = tmp_path_factory.mktemp("new")
    simulate(new, alerts=300, dates=(DATES[1].replace(month=10),), window_days=WINDOW, network=NETWORK, seed=6)
    place.environment["NEW"] = str(new / "snapshots")
    done = place.copy(tmp_path_factory.mktemp("whole") / "0")
    ended = done.run("update", new / "snapshots", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["scored"][0]["rows"] == 300
    state = done.state()
    again = done.run("update", new / "snapshots", "--json")
    assert again.code == 0 and json.loads(again.out)["is_current"], again.err
    assert done.state() == state
    return place, state, ended.statements


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", [0.3, 0.6, 1.0])  # while it loads, while dbt builds, while it scores
def test_a_killed_update_is_completed_by_the_next(whole: tuple[Place, Any, int], tmp_path: Path, share: float) -> None:
    before, state, statements = whole
    place = before.copy(tmp_path / "killed")
    path = place.environment["NEW"]
    at = min(round(share * statements), statements - 3)  # its last ones drop side tables
    assert place.run("update", path, kill_at=at).code == -signal.SIGKILL
    again = place.run("update", path, "--json")
    assert again.code == 0, again.err
    assert share == 1 or json.loads(again.out)["build"]
    assert differences(place.state(), state) == []

"""One update: load, build, score. Each step is left out where there is nothing to do, so that a killed update is run again."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer import settings
from trainer.data import Selection, available, read_scoring, scoring_dates
from trainer.errors import NotBuiltError
from trainer.evaluation import drift_of_columns, population_stability_index
from trainer.keys import SnapshotKey
from trainer.labels import labels_of_snapshot
from trainer.registry import artifact, get_model, latest_model
from trainer.snapshots import Pending, ingest, load_name, pending
from trainer.training.predict import predict
from trainer.training.scores import read_scores
from trainer.training.update import needs
from trainer.training.update.result import Drift, ScoredSnapshot, ToScore, UpdateResult
from trainer.warehouse import connect, create_tables, follow_dbt, one_build, problem_of_seeds, table_exists

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.warehouse import Client

TOP = 10  # of the highest scores


@dataclass
class Update:
    """An update of the warehouse of a target.

    Args:
        paths: folders of snapshots, as `ingest` takes them.
        network, processing_date, window_days, accepted: as for `ingest`.
        model_trainer: score with models of this trainer only; needed for one that is not registered as a plug-in.
        step: called with what is done next.
        progress: called with (what, done, total).
    """

    target: str | None = None
    paths: Collection[Path] = ()
    network: str | None = None
    processing_date: date | None = None
    window_days: int | None = None
    accepted: Collection[str] = ()
    model_trainer: type[ModelTrainer] | None = None
    step: Callable[[str], None] | None = None
    progress: Callable[[str, int, int], None] | None = None
    result: UpdateResult = field(default_factory=UpdateResult)

    def run(self) -> UpdateResult:
        """Load what is new or changed, build the models if anything has changed since, score and return what was done.

        Run again, it does what is left to do, if anything: also after it was killed.

        Raises:
            BadInputError: a path has no snapshot, or one that cannot be loaded.
            NotBuiltError: nothing was loaded yet, a load of something else was interrupted, or dbt failed.
            ArtifactError, UserCodeError: a model cannot be used.
        """
        result = self.result
        with connect(self.target) as client:
            with self._timed("load"):
                create_tables(client)
                waiting = self._pending(client)
                needs.require_whole_loads(client, [load_name(one.key) for one in waiting])
                self._load(client, waiting)
                _require_rows(client)
                result.build = needs.reason_to_build(client)
                seeds = bool(result.build) and (bool(problem_of_seeds(client)) or needs.seeds_have_changed(client))
            if not result.build:
                self._score(client)
        if result.build:
            with self._timed("build"):
                self._build(seeds)
            with connect(self.target) as client:
                self._score(client)
        return result

    def _score(self, client: Client) -> None:
        result = self.result
        with self._timed("score"):
            choices = self._models(client)
            result.to_score = needs.to_score(client, choices, is_built=True)
            if not result.is_current:
                result.labels = _labels(client)
            for one in result.to_score:
                self._say(f"Scoring {one} with {one.model_id}: {one.reason}")
                result.scored.append(self._scored(client, one))

    def plan(self) -> UpdateResult:
        """Return what `run` would do, and change nothing."""
        result, chosen = self.result, settings.target(self.target)
        result.dry_run = True
        if chosen.path is not None and not chosen.path.exists():
            self._pending(None)
            result.build = "nothing is loaded yet"
            return result
        with connect(self.target) as client:
            known = client if table_exists(client, "snapshot_loads") else None  # else the tables are of an earlier version
            waiting = self._pending(known)
            if known is None:
                result.build = "the tables are of an earlier version, or not there"
                return result
            needs.require_whole_loads(client, [load_name(one.key) for one in waiting])
            result.build = "snapshots are loaded" if waiting else needs.reason_to_build(client)
            coming = [one.key for one in waiting]
            result.to_score = needs.to_score(client, self._models(client), not result.build, coming)
        return result

    def _pending(self, client: Client | None) -> list[Pending]:
        """Return the folders to load, and note why."""
        found = [
            one for path in self.paths for one in pending(client, path, self.network, self.processing_date, self.window_days)
        ]
        waiting = [one for one in found if one.reason]
        self.result.to_load = {str(one.key): one.reason for one in waiting}
        self.result.unchanged = len(found) - len(waiting)
        return waiting

    def _load(self, client: Client, waiting: list[Pending]) -> None:
        folders = {one.folder for one in waiting}
        for path in self.paths if folders else ():
            key = (self.network, self.processing_date, self.window_days)
            self.result.loaded += ingest(client, path, *key, self.progress, self.accepted, folders)

    def _build(self, seeds: bool) -> None:
        self._say(f"Building the models with dbt: {self.result.build}")
        if seeds:
            self._dbt("seed", "--full-refresh")
        self._dbt("run")

    def _dbt(self, *arguments: str) -> None:
        name, progress = f"dbt {arguments[0]}", self.progress
        run = follow_dbt(arguments, self.target, None if progress is None else lambda _, done, total: progress(name, done, total))
        for line in run.problems:
            self._say(line)
        run.require_success(name)

    def _models(self, client: Client) -> needs.Choices:
        choices, self.result.unusable, self.result.has_models = needs.models_in_use(client, self.model_trainer)
        return choices

    def _scored(self, client: Client, one: ToScore) -> ScoredSnapshot:
        day = date.fromisoformat(one.processing_date)
        choice = latest_model(client, one.network, one.window_days, one.model_type, self.model_trainer)
        self.result.in_use += [choice.why, *choice.warnings]
        found = predict(client, one.network, day, one.window_days, one.model_id, one.model_type, self.model_trainer)
        selection = Selection(one.network, day, day, one.window_days)
        highest = read_scores(client, selection, choice, TOP)
        return ScoredSnapshot(found, self._drift(client, one, selection), highest)

    def _drift(self, client: Client, one: ToScore, selection: Selection) -> Drift | None:
        """Return how much a snapshot differs from the one before, None for the first."""
        earlier = [day for day in scoring_dates(client, one.model_type, selection) if day < selection.end_date]
        if not earlier:
            return None
        before = Selection(one.network, earlier[-1], earlier[-1], one.window_days)
        loaded = artifact.load(Path(get_model(client, one.model_id)["model_path"]), self.model_trainer)
        with one_build(client):
            tables = [read_scoring(client, one.model_type, rows, loaded.features) for rows in (before, selection)]
        first, second = (loaded.predict(table.frame()) for table in tables)
        features = drift_of_columns([feature.name for feature in loaded.features], *(np.asarray(table.X) for table in tables))
        return Drift(str(earlier[-1]), population_stability_index(first, second), features)

    def _say(self, sentence: str) -> None:
        if self.step is not None:
            self.step(sentence)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.result.seconds[name] = time.perf_counter() - started


def _require_rows(client: Client) -> None:
    if not any(client.query(f"SELECT count() FROM {name}").result_rows[0][0] for name in ("raw_alerts", "raw_features")):
        raise NotBuiltError("Nothing was ingested yet; give a folder of snapshots: `trainer update PATH`.")


def _labels(client: Client) -> dict[str, dict[str, int]]:
    """Return source → number of labels that apply, of the last snapshot of each network and window."""
    keys = [SnapshotKey(one.network, one.end_date, one.window_days) for one in available(client)]
    return {str(key): {source or "custom": count for source, count in labels_of_snapshot(client, key).items()} for key in keys}

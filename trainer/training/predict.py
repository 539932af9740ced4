"""Scores a snapshot with a saved model and writes the scores into the warehouse, replacing this model's own and no others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from trainer.data import Feature, Selection, absent_features, read_scoring, scoring_rows
from trainer.errors import UsageError
from trainer.model_types import get_model_type
from trainer.progress import Progress, step
from trainer.registry import LATEST, ModelMeta, artifact
from trainer.shown import Shown
from trainer.training.chosen import chosen_model, require_one_network
from trainer.training.reasons import ROWS, Explainer
from trainer.training.scores import scores
from trainer.training.scoring import Writing, scored_matrix, scored_rows
from trainer.warehouse import TABLES, one_build, replace_rows, whole_build

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models import ModelTrainer
    from trainer.warehouse import Client


@dataclass(repr=False)
class ScoringResult(Shown):
    """What `predict` reports: where the scores are, and their range.

    `absent_features` are features of the model, from extra columns of the export, for which no row of the snapshot has a value.
    `is_unseen_network` says that the model was trained on other networks only, `trained_networks`; `expected` is then, for each
    of several of these, how a model of the others does on it (`trainer.registry.LeftOutMeta`), where that was measured.
    `threshold` is the one kept with the model, and `n_at_or_above` how many rows score at or above it; None without one.
    `explained` is the number of rows with reasons.
    """

    model_id: str
    model_type: str
    network: str
    processing_date: str
    window_days: int
    table: str
    rows: int
    score_min: float
    score_mean: float
    score_max: float
    trained_on: str
    absent_features: list[str]
    threshold: float | None
    n_at_or_above: int | None
    seconds: float
    explained: int = 0
    is_unseen_network: bool = False
    trained_networks: list[str] = field(default_factory=list)
    expected: dict[str, dict[str, Any]] = field(default_factory=dict)
    client: Client | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "client"}

    @property
    def view(self) -> str:
        """The view that has each of these scores with its alert, address or cluster, label and rank."""
        return get_model_type(self.model_type).scored_view

    def scores(self, top: int | None = None) -> pd.DataFrame:
        """Return the scores, the highest first, as `trainer.scores` does; through the client of `predict`, which must be open.

        Raises:
            NotBuiltError: they are stale by now.
        """
        if self.client is None:
            raise UsageError("These scores were read without a client; call trainer.scores(client, …).")
        day = date.fromisoformat(self.processing_date)
        return scores(self.client, self.network, day, self.window_days, self.model_id, self.model_type, top)

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows."""
        snapshot = f"{self.network} {self.processing_date} {self.window_days}"
        scores = f"{self.score_min:.4f} to {self.score_max:.4f}, mean {self.score_mean:.4f}"
        return {"model_id": self.model_id, "snapshot": snapshot, "table": self.table, "rows": self.rows, "scores": scores}


def predict(
    client: Client,
    network: str,
    processing_date: date,
    window_days: int,
    model_id: str = LATEST,
    model_type: str | None = None,
    model_trainer: type[ModelTrainer] | None = None,
    *,
    explain: bool = False,
    top: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ScoringResult:
    """Score every alert (or address, or cluster) of a snapshot; a ranker writes ranks, 1 for the highest score, ties by alert id.

    Args:
        model_id: a model's id, or `latest`, see `trainer.registry.latest_model`.
        model_trainer: the trainer's class, for one that is not registered as a plug-in.
        explain, top: whether to write reasons, the JSON of `Explanation.as_dict`, for all or the `top` highest scores.
        progress: called with (what, done, total); total 0 is unknown.

    Raises:
        ArtifactError: there is no such model, or it cannot be used.
        UserCodeError: the model's trainer is a user's own and raises an exception.
        BadInputError, NotBuiltError: the warehouse has no such snapshot, or dbt has not run yet.
        UsageError: the trainer can explain only some rows, and there are more.
    """
    started, selection = time.perf_counter(), _snapshot(network, processing_date, window_days)
    loaded = chosen_model(client, selection, model_id, model_type, model_trainer)
    if explain:
        return _explained(client, loaded, selection, top, progress, started)
    with ExitStack() as kept:
        with one_build(client):
            writing = Writing(loaded.meta, selection, whole_build(client)[0])
            found = scoring_rows(client, loaded.meta.model_type, selection, loaded.features)
            scored = kept.enter_context(scored_rows(loaded, found, progress))
        with step(progress, "writing scores"):
            rows = replace_rows(client, TABLES[writing.kind.written_table], writing.tables(scored))
    return _result(client, writing, rows, scored.scores, found.absent, 0, time.perf_counter() - started)


def _explained(
    client: Client,
    loaded: artifact.Artifact,
    selection: Selection,
    top: int | None,
    progress: Progress | None,
    started: float,
) -> ScoringResult:
    """Score and explain a snapshot. All its features are in memory: a reason tells where a value stands among the others."""
    meta, kind = loaded.meta, get_model_type(loaded.meta.model_type)
    with step(progress, "reading features"), one_build(client):
        writing, data = (
            Writing(meta, selection, whole_build(client)[0]),
            read_scoring(client, kind.name, selection, loaded.features),
        )
        absent = absent_features(client, kind.scoring_table, selection, loaded.features)
    with step(progress, "scoring"):
        scored = scored_matrix(loaded, data)
    found = scored.scores
    explainer = Explainer(client, loaded, data, found, selection)
    explained = min(top or len(found), len(found))
    batches = _with_reasons(writing.tables(scored), explainer, explained, progress)
    with step(progress, "writing scores"):
        rows = replace_rows(client, TABLES[kind.written_table], batches)
    return _result(client, writing, rows, found, absent, explained, time.perf_counter() - started)


def _snapshot(network: str, processing_date: date, window_days: int) -> Selection:
    return require_one_network(Selection(network, processing_date, processing_date, window_days))


def _with_reasons(tables: Iterable[pa.Table], explainer: Explainer, count: int, progress: Progress | None) -> Iterator[pa.Table]:
    """Yield the rows of tables with the reasons of the `count` highest, in parts: all at once would fill the memory."""
    chosen, start = explainer.ranks <= count, 0
    reasons = explainer.documents(np.flatnonzero(chosen))
    for table in tables:
        for first in range(0, len(table), ROWS):
            part = table.slice(first, ROWS)
            stop = start + len(part)
            texts = [next(reasons) if has_reasons else "" for has_reasons in chosen[start:stop]]
            yield part.append_column("explain_json", pa.array(texts))
            start = stop
            if progress is not None:
                progress("reasons", int(chosen[:stop].sum()), count)


def _result(
    client: Client,
    writing: Writing,
    rows: int,
    scores: np.ndarray,
    absent: list[Feature],
    explained: int,
    seconds: float,
) -> ScoringResult:
    meta, selection = writing.meta, writing.selection
    return ScoringResult(
        model_id=meta.model_id,
        model_type=meta.model_type,
        network=selection.network,
        processing_date=str(selection.end_date),
        window_days=selection.window_days,
        table=get_model_type(meta.model_type).written_table,
        rows=rows,
        score_min=float(scores.min()),
        score_mean=float(scores.mean()),
        score_max=float(scores.max()),
        trained_on=f"{meta.network} {meta.window_days}",
        absent_features=[feature.name for feature in absent],
        threshold=None if meta.chosen is None else meta.chosen.threshold,
        n_at_or_above=None if meta.chosen is None else int((scores >= meta.chosen.threshold).sum()),
        seconds=round(seconds, 3),
        explained=explained,
        client=client,
        is_unseen_network=selection.network not in meta.networks,
        trained_networks=meta.networks,
        expected={} if selection.network in meta.networks else _left_out(meta),
    )


def _left_out(meta: ModelMeta) -> dict[str, dict[str, Any]]:
    """Return network → how a model of the others does on it, for the networks of a model of several."""
    return {name: one.left_out.model_dump(mode="json") for name, one in meta.by_network.items() if one.left_out is not None}

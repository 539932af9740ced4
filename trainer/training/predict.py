"""Scores a snapshot with a saved model and writes the scores into the warehouse, replacing this model's own and no others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from trainer.data import Dataset, Feature, Selection, absent_features, read_scoring
from trainer.evaluation import ranks
from trainer.model_types import get_model_type
from trainer.registry import ModelMeta, artifact
from trainer.training.chosen import LATEST, chosen_model, require_one_network
from trainer.training.reasons import ROWS, Explainer
from trainer.warehouse import TABLES, one_build, replace_rows

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.warehouse import Client


@dataclass
class ScoringResult:
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

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


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
        model_id: a model's id, or `latest` for the newest of the network and window.
        model_trainer: the trainer's class, for one that is not registered as a plug-in.
        explain, top: whether to write reasons, the JSON of `Explanation.as_dict`, for all or the `top` highest scores.
        progress: called with (what, done, total) while rows are explained.

    Raises:
        ArtifactError: there is no such model, or it cannot be used.
        UserCodeError: the model's trainer is a user's own and raises an exception.
        BadInputError, NotBuiltError: the warehouse has no such snapshot, or dbt has not run yet.
        UsageError: the trainer can explain only some rows, and there are more.
    """
    started = time.perf_counter()
    selection = require_one_network(Selection(network, processing_date, processing_date, window_days))
    loaded = chosen_model(client, selection, model_id, model_type, model_trainer)
    meta, kind = loaded.meta, get_model_type(loaded.meta.model_type)
    with one_build(client):
        data = read_scoring(client, kind.name, selection, loaded.features)
        absent = absent_features(client, kind.scoring_table, selection, loaded.features)
    scores, latency_ms = _timed(loaded, data)
    explainer = Explainer(client, loaded, data, scores, selection) if explain else None
    explained = min(top or len(scores), len(scores)) if explain else 0
    batches = _batches(_rows(data, meta, selection, scores, latency_ms), explainer, explained, progress)
    rows = replace_rows(client, TABLES[kind.written_table], batches)
    return _result(meta, selection, rows, scores, absent, explained, time.perf_counter() - started)


def _timed(loaded: artifact.Artifact, data: Dataset) -> tuple[np.ndarray, float]:
    """Return the scores (n,) and how long one took, in milliseconds."""
    clock = time.perf_counter()
    scores = loaded.predict(data.frame())
    return scores, (time.perf_counter() - clock) * 1000 / len(scores)


def _batches(
    written: pa.Table, explainer: Explainer | None, count: int, progress: Callable[[str, int, int], None] | None
) -> Iterator[pa.Table]:
    """Yield the rows; in parts if the `count` highest have reasons, which all at once would fill the memory."""
    if explainer is None:
        yield written
        return
    chosen = explainer.ranks <= count
    reasons = explainer.explanations(np.flatnonzero(chosen))
    for start in range(0, len(written), ROWS):
        part = np.arange(start, min(start + ROWS, len(written)))
        texts = [json.dumps(next(reasons).as_dict(), separators=(",", ":")) if chosen[row] else "" for row in part]
        yield written.slice(start, len(part)).append_column("explain_json", pa.array(texts))
        if progress is not None:
            progress("reasons", int(chosen[: part[-1] + 1].sum()), count)


def _result(
    meta: ModelMeta,
    selection: Selection,
    rows: int,
    scores: np.ndarray,
    absent: list[Feature],
    explained: int,
    seconds: float,
) -> ScoringResult:
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
        is_unseen_network=selection.network not in meta.networks,
        trained_networks=meta.networks,
        expected={} if selection.network in meta.networks else _left_out(meta),
    )


def _left_out(meta: ModelMeta) -> dict[str, dict[str, Any]]:
    """Return network → how a model of the others does on it, for the networks of a model of several."""
    return {name: one.left_out.model_dump(mode="json") for name, one in meta.by_network.items() if one.left_out is not None}


def _rows(data: Dataset, meta: ModelMeta, selection: Selection, scores: np.ndarray, latency_ms: float) -> pa.Table:
    identifier = data.model_type.id_column
    count = len(scores)
    ids = data.keys[identifier]
    if data.model_type.is_ranker:
        values = {"rank": pa.array(ranks(scores, ids.to_numpy()))}
    else:
        values = {"score": pa.array(scores), "latency_ms": pa.array(np.full(count, latency_ms))}
    return pa.table(
        {
            "network": pa.array([selection.network] * count),
            "processing_date": data.keys["processing_date"],
            "window_days": pa.array(np.full(count, selection.window_days, dtype=np.uint16)),
            identifier: ids,
            **values,
            "model_id": pa.array([meta.model_id] * count),
            "model_version": pa.array([meta.versions["trainer"]] * count),
            "created_at": pa.array([datetime.now(UTC)] * count, pa.timestamp("ms", "UTC")),
        }
    )

"""Scores a snapshot with a saved model and writes the scores into the warehouse, replacing this model's own and no others."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from trainer.data import ALERT_RANKER, GRAINS, ID_COLUMNS, Dataset, Selection, absent_features, read_scoring, scoring_table
from trainer.evaluation import ranks
from trainer.registry import artifact, registry
from trainer.warehouse import replace_rows, schema

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.warehouse import Client

WRITTEN_TO = {
    "alert_scorer": schema.ALERT_SCORES,
    "address_scorer": schema.ADDRESS_SCORES,
    "cluster_scorer": schema.CLUSTER_SCORES,
    ALERT_RANKER: schema.ALERT_RANKINGS,
}


@dataclass
class ScoringResult:
    """What `predict` reports: where the scores are, and how they are spread.

    `absent_features` are the model's features from columns of the export that no row of the snapshot has a value of.
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
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


def predict(
    client: Client,
    network: str,
    processing_date: date,
    window_days: int,
    model_id: str = registry.LATEST,
    model_type: str | None = None,
    model_trainer: type[ModelTrainer] | None = None,
) -> ScoringResult:
    """Score every alert (or address, or cluster) of a snapshot; a ranker writes ranks, 1 for the highest score, ties by alert id.

    Args:
        model_id: a model's id, or `latest` for the newest of the network and window.
        model_trainer: the trainer's class, for one that is not registered as a plug-in.

    Raises:
        ArtifactError: there is no such model, or it cannot be used.
        BadInputError: the warehouse has no such snapshot.
    """
    started = time.perf_counter()
    selection = Selection(network, processing_date, processing_date, window_days)
    model = registry.find_model(client, model_id, network, window_days, model_type)
    loaded = artifact.load(Path(model["model_path"]), model_trainer)
    data = read_scoring(client, loaded.meta.model_type, selection, loaded.features)
    absent = absent_features(client, scoring_table(client, loaded.meta.model_type), selection, loaded.features)
    clock = time.perf_counter()
    scores = loaded.predict(data.frame())
    latency = (time.perf_counter() - clock) * 1000 / len(scores)
    table = WRITTEN_TO[loaded.meta.model_type]
    rows = replace_rows(client, table, [_rows(data, loaded, selection, scores, latency)])
    return ScoringResult(
        model_id=loaded.meta.model_id,
        model_type=loaded.meta.model_type,
        network=network,
        processing_date=str(processing_date),
        window_days=window_days,
        table=table.name,
        rows=rows,
        score_min=float(scores.min()),
        score_mean=float(scores.mean()),
        score_max=float(scores.max()),
        trained_on=f"{loaded.meta.network} {loaded.meta.window_days}",
        absent_features=[feature.name for feature in absent],
        seconds=round(time.perf_counter() - started, 3),
    )


def _rows(data: Dataset, loaded: artifact.Artifact, selection: Selection, scores: np.ndarray, latency_ms: float) -> pa.Table:
    identifier = ID_COLUMNS[GRAINS[loaded.meta.model_type]]
    count = len(scores)
    ids = data.keys[identifier]
    if loaded.meta.model_type == ALERT_RANKER:
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
            "model_id": pa.array([loaded.meta.model_id] * count),
            "model_version": pa.array([loaded.meta.versions["trainer"]] * count),
            "created_at": pa.array([datetime.now(UTC)] * count, pa.timestamp("ms", "UTC")),
        }
    )

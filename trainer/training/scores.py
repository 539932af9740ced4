"""Reads the current scores of a snapshot, the highest first, with what is known of each alert, address or cluster."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.data import Selection, as_date
from trainer.errors import ArtifactError, NotBuiltError, UsageError
from trainer.keys import WHERE_SNAPSHOT, SnapshotKey
from trainer.model_types import ModelType, get_model_type, plural
from trainer.registry import LATEST, ModelChoice, choose_model, read_meta
from trainer.training.chosen import chosen_snapshot
from trainer.warehouse import require_table

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models import ModelTrainer
    from trainer.warehouse import Client

_WHERE = f"{WHERE_SNAPSHOT} AND model_id = {{model_id:String}}"
_AGAIN = "run `trainer predict`, or `trainer update`, which also loads and builds what has changed"


@dataclass(frozen=True)
class Scores:
    """The current scores of a snapshot.

    Attributes:
        kind, key, model_id: what was scored, the snapshot and the model.
        scored: number of current scores of the snapshot, of which `frame` has the highest.
        stale: reason → number of scores that are not current and not in `frame`.
        threshold: the one kept with the model; None without one.
        frame: one row per alert, address or cluster, the highest score first: alert_id (or cluster_id), address, score_rank,
            score (none for a ranker), score_percentile, is_above_threshold (with a threshold), severity (1 low to 4 critical),
            typology_type, volume_usd, label (1 risky, 0 benign, missing where there is no gold label), network, processing_date,
            window_days, model_id, scored_at.
    """

    kind: ModelType
    key: SnapshotKey
    model_id: str
    scored: int
    stale: dict[str, int]
    threshold: float | None
    frame: pd.DataFrame

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of `frame`, None where a value is missing."""
        filled = self.frame.astype(object).where(self.frame.notna(), None)
        return [{str(name): value for name, value in row.items()} for row in filled.to_dict(orient="records")]

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as plain values."""
        named = {"model_id": self.model_id, "model_type": self.kind.name, **self.key.parameters, "view": self.kind.scored_view}
        return named | {"scored": self.scored, "stale": self.stale, "threshold": self.threshold, "scores": self.rows()}


def scores(
    client: Client,
    network: str | None = None,
    processing_date: date | str | None = None,
    window_days: int | None = None,
    model_id: str = LATEST,
    model_type: str | None = None,
    top: int | None = None,
    model_trainer: type[ModelTrainer] | None = None,
) -> pd.DataFrame:
    """Return the current scores of a snapshot (by default the last) as a table, the highest first; see `Scores.frame`.

    Args:
        model_id: a model's id, or `latest`, see `trainer.registry.latest_model`.
        top: how many; None for all.
        model_trainer: for `latest`, only models of this trainer.

    Raises:
        NotBuiltError: the model has no current scores of the snapshot, or dbt has not run yet.
        ArtifactError, BadInputError, UsageError: there is no such model, or no such snapshot.
    """
    day = None if processing_date is None else as_date(processing_date)
    selection, model_type = chosen_snapshot(client, model_id, model_type, network, day, window_days)
    choice = choose_model(client, model_id, selection.network, selection.window_days, model_type, model_trainer)
    for sentence in choice.warnings:
        warnings.warn(sentence, stacklevel=2)
    return read_scores(client, selection, choice, top).frame


def read_scores(client: Client, selection: Selection, choice: ModelChoice, top: int | None = None) -> Scores:
    """Return the current scores that a model gave to the last snapshot of a selection.

    Raises:
        UsageError: `top` is below 1.
        NotBuiltError: there are none, or dbt has not run yet.
    """
    if top is not None and top < 1:
        raise UsageError("top is at least 1.")
    kind = get_model_type(choice.model["model_type"])
    key = SnapshotKey(selection.network, selection.end_date, selection.window_days)
    if not kind.scored_view:
        raise NotBuiltError(f"No view has the scores of the model type {kind.name}; query {kind.written_table}.")
    require_table(client, kind.scored_view, "is_stale")
    parameters = key.parameters | {"model_id": choice.model_id}
    query = f"SELECT stale_reason, count() FROM {kind.scored_view} WHERE {_WHERE} GROUP BY stale_reason ORDER BY stale_reason"
    counts = {reason: int(count) for reason, count in client.query(query, parameters=parameters).result_rows}
    current = counts.pop("", 0)
    if not current:
        raise NotBuiltError(_nothing(client, kind, key, choice.model_id, counts))
    threshold = _threshold(choice)
    frame = client.query_df(
        f"SELECT {_columns(kind)} FROM {kind.scored_view} WHERE {_WHERE} AND NOT is_stale ORDER BY score_rank"
        + ("" if top is None else f" LIMIT {int(top)}"),
        parameters=parameters,
    )
    frame["processing_date"] = frame["processing_date"].dt.date
    frame["severity"] = frame["severity"].convert_dtypes()  # whole numbers, but for the severities that are missing
    if threshold is not None and not kind.is_ranker:
        frame.insert(list(frame.columns).index("score_percentile") + 1, "is_above_threshold", frame["score"] >= threshold)
    return Scores(kind, key, choice.model_id, current, counts, threshold, frame)


def _columns(kind: ModelType) -> str:
    ids = dict.fromkeys((kind.id_column, "address"))
    score = () if kind.is_ranker else ("score",)
    facts = ("severity", "typology_type", "volume_usd", "label")
    key = ("network", "processing_date", "window_days", "model_id", "scored_at")
    return ", ".join((*ids, "score_rank", *score, "score_percentile", *facts, *key))


def _threshold(choice: ModelChoice) -> float | None:
    try:
        chosen = read_meta(Path(choice.folder)).chosen
    except ArtifactError:  # scores can be read without the model's files
        return None
    return None if chosen is None else chosen.threshold


def _nothing(client: Client, kind: ModelType, key: SnapshotKey, model_id: str, stale: dict[str, int]) -> str:
    """Say why there are no current scores, and what to do."""
    if stale:
        reasons = ", ".join(f"{reason} ({count:,} scores)" for reason, count in stale.items())
        return f"The scores of {key} by {model_id} are stale: {reasons}; {_AGAIN}."
    query = f"SELECT DISTINCT model_id FROM {kind.written_table} WHERE {WHERE_SNAPSHOT} ORDER BY model_id"
    others = [one for (one,) in client.query(query, parameters=key.parameters).result_rows]
    scored = f" (scored by: {', '.join(others)})" if others else ""
    return f"Model {model_id} has not scored the {plural(kind.grain)} of {key} yet{scored}; {_AGAIN}."

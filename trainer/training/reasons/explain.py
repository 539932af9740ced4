"""Explains scores: the contributions of features, the labels and rules that speak of an address, and its flows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from trainer.data import Dataset, Selection, as_date, read_scoring
from trainer.errors import BadInputError, UsageError
from trainer.evaluation import ranks
from trainer.keys import WHERE_SNAPSHOT, SnapshotKey
from trainer.model_types import ALERT_SCORER, get_model_type
from trainer.models import sigmoid
from trainer.registry import LATEST
from trainer.training.chosen import chosen_model, chosen_snapshot
from trainer.training.reasons.catalogue import Percentiles, meanings
from trainer.training.reasons.contributions import contributions_of, sampled
from trainer.training.reasons.evidence import (
    COUNTERPARTY_VOTES,
    FLOWS,
    LABELLED_FLOWS,
    OWN_VOTES,
    Evidence,
    read_evidence,
)
from trainer.training.reasons.explanation import Explanation, Explanations, Flow, Reason, Vote
from trainer.training.reasons.learned import learned_labels
from trainer.warehouse import one_build

if TYPE_CHECKING:
    from trainer.models import Contributions, ModelTrainer
    from trainer.registry import artifact
    from trainer.warehouse import Client

ROWS = 20_000  # explained at once: their contributions are a matrix of float64
REASONS = 10  # contributions that are kept of each row


def explain(
    client: Client,
    model_id: str = LATEST,
    ids: Sequence[str] | None = None,
    top: int = 10,
    network: str | Sequence[str] | None = None,
    processing_date: date | str | None = None,
    window_days: int | None = None,
    model_type: str | None = None,
    model_trainer: type[ModelTrainer] | None = None,
    reasons: int = REASONS,
) -> Explanations:
    """Explain the scores of a snapshot (by default the last one), which need not be in the warehouse.

    Args:
        model_id: a model's id, or `latest`, see `trainer.registry.latest_model`.
        ids: of the alerts (or addresses, or clusters) to explain, in this order; None for those with the highest scores.
        top: how many to explain without ids.
        model_trainer: the trainer's class, for one that is not registered as a plug-in.
        reasons: how many contributions to name; the sum of the others is given.

    Raises:
        BadInputError: the snapshot has no such id, or the warehouse no such snapshot.
        UsageError: `top` or `reasons` is below 1, or `ids` is one text.
        ArtifactError, UserCodeError, NotBuiltError: as `predict` does.
    """
    if isinstance(ids, str) or min(top, reasons) < 1:
        raise UsageError("ids is a list of ids, and top and reasons are at least 1.")
    day = None if processing_date is None else as_date(processing_date)
    selection, model_type = chosen_snapshot(client, model_id, model_type, network, day, window_days)
    loaded = chosen_model(client, selection, model_id, model_type, model_trainer)
    with one_build(client):
        data = read_scoring(client, get_model_type(loaded.meta.model_type).name, selection, loaded.features)
        scores = loaded.predict(data.frame())
        explainer = Explainer(client, loaded, data, scores, selection, reasons)
        rows = np.argsort(explainer.ranks, kind="stable")[:top] if ids is None else _rows_of(data, ids, selection)
        return Explanations(explainer.explanations(rows))


class Explainer:
    """Explains rows of one snapshot, whose percentiles, ranks and catalogue it reads once."""

    def __init__(
        self,
        client: Client,
        loaded: artifact.Artifact,
        data: Dataset,
        scores: np.ndarray,
        selection: Selection,
        reasons: int = REASONS,
    ) -> None:
        """Take the rows of a snapshot, with the features of the model, and all their scores (n,)."""
        self._client, self._loaded, self._data, self._scores = client, loaded, data, scores
        self._key = SnapshotKey(selection.network, selection.end_date, selection.window_days)
        self._reasons = min(reasons, len(data.features))
        self._frame = data.frame()
        self._background = sampled(self._frame)
        self._percentiles, self._meanings = Percentiles(data.X), meanings(client, data.features)
        self._families = list(dict.fromkeys(meaning.family for meaning in self._meanings))
        self._is_of = np.array(
            [[meaning.family == family for family in self._families] for meaning in self._meanings], dtype=float
        )
        _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
        self._ties = count[place]
        self._learned = learned_labels(client, loaded.meta)
        self.ranks = ranks(scores, data.keys[data.model_type.id_column].to_numpy())

    def explanations(self, rows: np.ndarray) -> Iterator[Explanation]:
        """Yield the explanations of the rows with these numbers (m,), in this order.

        Raises:
            UsageError, UserCodeError: as `contributions_of` does.
            NotBuiltError: dbt has not built the tables of labels and flows.
        """
        for one, votes, flows in self._in_parts(rows):
            yield replace(
                one, votes=[Vote(**json.loads(said)) for said in votes], flows=[Flow(**json.loads(said)) for said in flows]
            )

    def documents(self, rows: np.ndarray) -> Iterator[str]:
        """Yield the JSON texts of those explanations; for many rows this is several times as fast.

        Raises:
            UsageError, UserCodeError, NotBuiltError: as `explanations`.
        """
        for one, votes, flows in self._in_parts(rows):
            yield one.as_json(votes, flows)

    def _in_parts(self, rows: np.ndarray) -> Iterator[tuple[Explanation, list[str], list[str]]]:
        for start in range(0, len(rows), ROWS):
            yield from self._explained(rows[start : start + ROWS])

    def _explained(self, rows: np.ndarray) -> Iterator[tuple[Explanation, list[str], list[str]]]:
        """Yield the explanations without votes and flows, and these as JSON objects."""
        kind, chunk = self._data.model_type, self._frame.iloc[rows]
        found = contributions_of(self._loaded, chunk.reset_index(drop=True), self._background)
        ids, addresses = (self._data.keys[name].take(rows).to_pylist() for name in (kind.id_column, kind.held_together_by))
        is_grouped = pa.types.is_list(self._data.keys[kind.held_together_by].type)
        evidence = read_evidence(self._client, kind, self._key, sorted(ids), grouped=is_grouped)
        typologies = _typologies(self._client, self._key, ids) if kind.id_column == ALERT_SCORER.id_column else {}
        largest = np.argsort(-np.abs(found.values), axis=1, kind="stable")[:, : self._reasons]
        others = found.values.copy()
        np.put_along_axis(others, largest, 0.0, axis=1)
        shared, scored, reasons = self._shared(found), self._scored(rows, found), self._contributions(rows, found, largest)
        by_family, rest = (others @ self._is_of).tolist(), others.sum(axis=1).tolist()
        for i, (one, address) in enumerate(zip(ids, addresses, strict=True)):
            explanation = Explanation(
                alert_id=one,
                address=address,
                **shared,
                **scored[i],
                contributions=reasons[i],
                others=rest[i],
                others_by_family=dict(zip(self._families, by_family[i], strict=True)),
                learned_label=None if is_grouped else self._learned.get(address),
                typologies=typologies.get(one, []),
            )
            yield explanation, *_known(evidence, address if is_grouped else [address])

    def _shared(self, found: Contributions) -> dict[str, Any]:
        meta, key = self._loaded.meta, self._key
        return {
            "grain": self._data.model_type.grain,
            "model_id": meta.model_id,
            "network": key.network,
            "processing_date": str(key.processing_date),
            "window_days": key.window_days,
            "is_calibrated": meta.calibration is not None,
            "rows": len(self._scores),
            "unit": found.unit,
            "method": found.method,
            "error": found.error,
            "other_count": len(self._data.features) - self._reasons,
        }

    def _scored(self, rows: np.ndarray, found: Contributions) -> list[dict[str, Any]]:
        """Return the fields of each row that say how high its score is."""
        scores = self._scores[rows]
        before = scores if self._loaded.meta.calibration is None else sigmoid(found.raw)
        bases = np.broadcast_to(np.asarray(found.base, dtype=np.float64), len(rows))
        columns = (scores, before, self.ranks[rows], self._ties[rows], found.raw, bases)
        names = ("score", "uncalibrated", "rank", "ties", "raw", "base")
        return [dict(zip(names, row, strict=True)) for row in zip(*(column.tolist() for column in columns), strict=True)]

    def _contributions(self, rows: np.ndarray, found: Contributions, largest: np.ndarray) -> list[list[Reason]]:
        """Return the reasons of each row: the contributions of its `largest` columns (m, k), with what is known of them."""
        X = self._data.X[rows]
        values, percentiles, sizes = (
            np.take_along_axis(matrix, largest, axis=1).tolist() for matrix in (X, self._percentiles.of(X).round(2), found.values)
        )
        return [list(map(self._reason, *row)) for row in zip(largest.tolist(), values, percentiles, sizes, strict=True)]

    def _reason(self, column: int, value: float, percentile: float, contribution: float) -> Reason:
        meaning, name = self._meanings[column], self._data.features[column].name
        if math.isnan(value):
            return Reason(name, None, meaning.unit, None, contribution, meaning.family, meaning.description)
        return Reason(name, value, meaning.unit, percentile, contribution, meaning.family, meaning.description)


def _known(evidence: Evidence, addresses: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the votes and the flows of some addresses, as JSON objects; of several, no more than one would have."""
    own, near, flows = (
        [said for one in addresses for said in known.get(one, ())] for known in (evidence.own, evidence.near, evidence.flows)
    )
    if len(addresses) > 1:
        own, near = (sorted(votes, key=_weight_of_vote) for votes in (own, near))
        flows.sort(key=lambda said: -(json.loads(said)["volume_usd"] or 0))
    return own[:OWN_VOTES] + near[:COUNTERPARTY_VOTES], flows[: FLOWS + LABELLED_FLOWS]


def _weight_of_vote(said: str) -> tuple[bool, float]:
    vote = json.loads(said)
    return vote["kind"] != "gold", -vote["confidence"]


def _rows_of(data: Dataset, ids: Sequence[str], selection: Selection) -> np.ndarray:
    position = {one: row for row, one in enumerate(data.keys[data.model_type.id_column].to_pylist())}
    if unknown := [one for one in ids if one not in position]:
        raise BadInputError(
            f"There is no {data.model_type.grain} '{unknown[0]}' among the {len(position)} of {selection.network} "
            f"{selection.end_date} {selection.window_days}; --processing-date chooses another snapshot, and --model-id or "
            "--model-type a model that scores something else."
        )
    return np.array([position[one] for one in ids], dtype=np.int64)


def _typologies(client: Client, key: SnapshotKey, ids: Sequence[str]) -> dict[str, list[str]]:
    query = f"""
        SELECT alert_id, typologies FROM stg_alerts
        WHERE {WHERE_SNAPSHOT} AND alert_id BETWEEN {{first:String}} AND {{last:String}}
    """
    rows = client.query(query, parameters=key.parameters | {"first": min(ids), "last": max(ids)}).result_rows
    return {alert: list(typologies) for alert, typologies in rows}

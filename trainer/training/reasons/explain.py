"""Explains scores: the contributions of features, the labels and rules that speak of an address, and its flows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from trainer.training.chosen import LATEST, chosen_model, chosen_snapshot
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
        model_id: a model's id, or `latest` for the newest of the network and window.
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
        for start in range(0, len(rows), ROWS):
            yield from self._explained(rows[start : start + ROWS])

    def _explained(self, rows: np.ndarray) -> Iterator[Explanation]:
        kind, chunk = self._data.model_type, self._frame.iloc[rows]
        found = contributions_of(self._loaded, chunk.reset_index(drop=True), self._background)
        ids, addresses = (self._data.keys[name].take(rows).to_pylist() for name in (kind.id_column, kind.held_together_by))
        is_grouped = pa.types.is_list(self._data.keys[kind.held_together_by].type)
        evidence = read_evidence(self._client, kind, self._key, sorted(ids), grouped=is_grouped)
        typologies = _typologies(self._client, self._key, ids) if kind.id_column == ALERT_SCORER.id_column else {}
        values = self._data.X[rows]
        percentiles = self._percentiles.of(values)
        largest = np.argsort(-np.abs(found.values), axis=1, kind="stable")[:, : self._reasons]
        others = found.values.copy()
        np.put_along_axis(others, largest, 0.0, axis=1)
        by_family = others @ self._is_of
        bases = np.broadcast_to(np.asarray(found.base, dtype=np.float64), len(rows))
        for i in range(len(rows)):
            yield Explanation(
                alert_id=ids[i],
                address=addresses[i],
                **self._shared(found),
                **self._scored(rows[i], float(found.raw[i])),
                base=float(bases[i]),
                contributions=[self._reason(j, values[i, j], percentiles[i, j], found.values[i, j]) for j in largest[i].tolist()],
                others=float(others[i].sum()),
                others_by_family=dict(zip(self._families, by_family[i].tolist(), strict=True)),
                learned_label=None if is_grouped else self._learned.get(addresses[i]),
                typologies=typologies.get(ids[i], []),
                **_known(evidence, addresses[i] if is_grouped else [addresses[i]]),
            )

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

    def _scored(self, row: int, raw: float) -> dict[str, Any]:
        score, calibrated = float(self._scores[row]), self._loaded.meta.calibration is not None
        before = float(sigmoid(np.array(raw))) if calibrated else score
        return {"score": score, "uncalibrated": before, "rank": int(self.ranks[row]), "ties": int(self._ties[row]), "raw": raw}

    def _reason(self, column: int, value: float, percentile: float, contribution: float) -> Reason:
        meaning = self._meanings[column]
        is_known = not np.isnan(value)
        return Reason(
            feature=self._data.features[column].name,
            value=float(value) if is_known else None,
            unit=meaning.unit,
            percentile=round(float(percentile), 2) if is_known and not np.isnan(percentile) else None,
            contribution=float(contribution),
            family=meaning.family,
            description=meaning.description,
        )


def _known(evidence: Evidence, addresses: Sequence[str]) -> dict[str, Any]:
    """Return the votes and flows of some addresses as fields of an explanation; of several, no more than one would have."""
    own = [Vote(address=one, is_counterparty=False, **row) for one in addresses for row in evidence.own.get(one, ())]
    near = []
    for one in addresses:
        for row in evidence.near.get(one, ()):
            said = {name: value for name, value in row.items() if name not in {"counterparty", "volume_usd"}}
            near.append(Vote(address=row["counterparty"], is_counterparty=True, **said))
    flows = [Flow(address=one, **row) for one in addresses for row in evidence.flows.get(one, ())]
    if len(addresses) > 1:
        own, near = (sorted(votes, key=lambda vote: (vote.kind != "gold", -vote.confidence)) for votes in (own, near))
        flows.sort(key=lambda flow: -(flow.volume_usd or 0))
    return {"votes": own[:OWN_VOTES] + near[:COUNTERPARTY_VOTES], "flows": flows[: FLOWS + LABELLED_FLOWS]}


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

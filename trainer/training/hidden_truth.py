"""Holds scores against a truth that nothing else reads, on alerts that no model could be evaluated on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.data import GOLD_STRATEGY
from trainer.evaluation import Estimate, calibration, estimates, evaluate, plain_values

if TYPE_CHECKING:
    from trainer.labels import Truth
    from trainer.training.predict import ScoringResult
    from trainer.warehouse import Client

GOLD_FREE, UNSPOKEN = "no gold label", "no label, no rule"
SETS = {
    GOLD_FREE: "no gold label speaks of the alert's address, in any snapshot",
    UNSPOKEN: "neither a gold label nor a rule speaks of it, so that no strategy labels it, in any snapshot",
}
"""The sets of alerts, the second a part of the first: alerts that differ most from those with gold labels."""


@dataclass
class AgainstTruth:
    """How a model's scores do on a set of alerts whose truth is known.

    Attributes:
        alerts, addresses: how many there are.
        illicit_share, mean_score: shares in [0, 1]; equal on average for calibrated scores.
        auc, brier: value and 95 % interval.
        ece: expected calibration error, in ten bins of equal counts.
    """

    label_strategy: str
    model_id: str
    name: str
    alerts: int
    addresses: int
    illicit_share: float
    mean_score: float
    auc: Estimate
    brier: Estimate
    ece: float

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        values: dict[str, Any] = plain_values(asdict(self))
        return values


def against_truth(client: Client, scored: ScoringResult, label_strategy: str, truth: Truth) -> list[AgainstTruth]:
    """Return how the scores of a snapshot do against the truth, for each of SETS that has both classes."""
    rows = client.query_df(
        "SELECT alerts.address AS address, scores.score AS score, "
        f"{_is_in('strategy = {gold:String}')} AS has_gold, {_is_in('1')} AS has_label "
        "FROM alert_scores AS scores FINAL "
        "INNER JOIN scoring_alerts AS alerts ON alerts.network = scores.network AND alerts.alert_id = scores.alert_id "
        "AND alerts.processing_date = scores.processing_date AND alerts.window_days = scores.window_days "
        "WHERE scores.model_id = {model_id:String} AND scores.network = {network:String} "
        "AND scores.processing_date = {day:Date} AND scores.window_days = {window:UInt16} ORDER BY alerts.alert_id",
        parameters={
            "model_id": scored.model_id,
            "network": scored.network,
            "day": scored.processing_date,
            "window": scored.window_days,
            "gold": GOLD_STRATEGY,
        },
    )
    illicit = rows["address"].map(truth.on(scored.network))
    found = []
    for name, is_labelled in ((GOLD_FREE, rows["has_gold"]), (UNSPOKEN, rows["has_label"])):
        kept = (is_labelled == 0) & illicit.notna()
        y, scores = illicit[kept].to_numpy(dtype=np.float64), rows.loc[kept, "score"].to_numpy()
        if np.unique(y).size == 2:
            groups = np.unique(rows.loc[kept, "address"], return_inverse=True)[1]
            found.append(_graded(scored.model_id, label_strategy, name, y, scores, groups))
    return found


def _is_in(condition: str) -> str:
    """Return the SQL for whether labels of a condition speak of an alert's address."""
    labels = f"SELECT address FROM fct_address_labels WHERE network = {{network:String}} AND {condition}"
    return f"alerts.address IN ({labels})"


def _graded(model_id: str, label_strategy: str, name: str, y: np.ndarray, scores: np.ndarray, groups: np.ndarray) -> AgainstTruth:
    metrics = estimates(evaluate(y, scores, groups))
    return AgainstTruth(
        label_strategy=label_strategy,
        model_id=model_id,
        name=name,
        alerts=len(y),
        addresses=int(np.unique(groups).size),
        illicit_share=float(y.mean()),
        mean_score=float(scores.mean()),
        auc=metrics["auc"],
        brier=metrics["brier"],
        ece=calibration.expected_calibration_error(calibration.reliability(y, scores)),
    )

"""What a model's report says, as plain data: the page, `--json` and a notebook show the same figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from trainer.shown import Shown

Interval = dict[str, float]
"""value, low, high: an estimate and its 95 % interval."""


@dataclass(repr=False)
class ModelReport(Shown):
    """The report of one model. Every count is of rows unless its name says otherwise; all values are plain (JSON).

    Attributes:
        model: facts of model.json: model_id, model, model_type, label_strategy, network, window_days, start_date, end_date,
            created_at, seed, n_train, n_positive, n_test, n_features, calibration (a sentence), is_calibrated, parameters (dict),
            versions (dict), data_fingerprint, file_sha256, git_commit, by_network (network → the fields of
            `trainer.registry.NetworkMeta`; {} for a model of one network), balance_networks.
        verdict: a few sentences for someone who reads nothing else, the most important first.
        labels: a row per label source: source, positive, negative, mean_weight.
        split: name, description, why, folds: [{fold, rows, positive, first_date, last_date}].
        metrics: metric → interval, on unseen gold rows; empty where they lack a class.
        breakdown: dimension (typology, severity, label_source, processing_date, cluster_size) → rows
            {name, rows, positive, auc: Interval | None, average_precision: Interval | None}.
        curves: roc [{false_positive_rate, true_positive_rate, threshold}], precision_recall [{recall, precision, threshold}],
            reliability [{mean_score, observed, low, high, rows}], lift [{share, lift}],
            histogram [{low, high, positive, negative}]; each at most 200 points.
        thresholds: rows {threshold, precision: Interval | None, recall: Interval | None, alerts_per_day, share_of_alerts},
            rising; without precision and recall for a ranker.
        chosen: the threshold kept with the model, {threshold, rule, precision: Interval | None, recall: Interval | None,
            alerts_per_day, labelled_per_day: float | None, note: str | None}; None without one.
        importance: the 20 most important features, {feature, family, description, mean_abs, share, direction, points:
            [{percentile, contribution}] of at most 200 rows}; direction is `higher raises`, `higher lowers` or `mixed`.
        families: {family, share} of the total mean absolute contribution.
        importance_method: one sentence: how contributions are computed, on which rows, with what error.
        top_alerts: the highest alerts of the last snapshot, {alert_id, address, score, sentences: [str], card_sentences:
            [str]}; the latter are of features and counts only, for readers who may not see addresses.
        comparison: leaderboard.json of the latest comparison that has this model's strategy and trainer on the same rows; None
            without one.
        notes: what is missing from this report and why, a sentence each.
    """

    model: dict[str, Any]
    verdict: list[str]
    labels: list[dict[str, Any]]
    split: dict[str, Any]
    metrics: dict[str, Interval]
    breakdown: dict[str, list[dict[str, Any]]]
    curves: dict[str, list[dict[str, float]]]
    thresholds: list[dict[str, Any]]
    chosen: dict[str, Any] | None
    importance: list[dict[str, Any]]
    families: list[dict[str, Any]]
    importance_method: str
    top_alerts: list[dict[str, Any]]
    comparison: dict[str, Any] | None
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows."""
        return {"model_id": self.model.get("model_id"), "verdict": self.verdict[0] if self.verdict else ""}

    def _repr_html_(self) -> str:
        """Return the page of the report in a frame of its own, so that the notebook's style and the page's stay apart."""
        from trainer.reports.model_page import model_page
        from trainer.reports.page import framed

        return framed("Report of a model", model_page(self))

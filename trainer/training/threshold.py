"""Chooses the threshold that is kept with a model: by how many alerts somebody can look at, or by a precision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.data import Dataset, Selection, read_scoring, resolve_selection
from trainer.errors import ArtifactError, UsageError
from trainer.evaluation import at_thresholds, threshold_for_budget, threshold_for_precision
from trainer.model_types import get_model_type
from trainer.registry import ChosenThreshold, IntervalMeta, artifact, get_model, read_out_of_fold
from trainer.warehouse import one_build

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.registry import ModelMeta
    from trainer.warehouse import Client


@dataclass(frozen=True)
class GoldRows:
    """The unseen rows with a gold label that a model was evaluated on.

    Attributes:
        row: (n,) their numbers among the training rows.
        y: float32 (n,) gold, 0 or 1.
        scores: float64 (n,) out-of-fold predictions on the scale of the scores of `predict`: the saved calibration is applied,
            which keeps their order.
        calibrated: float64 (n,) the same, each calibrated by a map fitted to other folds: how well probabilities are calibrated.
        groups: int64 (n,), equal for rows of one address.
    """

    row: np.ndarray
    y: np.ndarray
    scores: np.ndarray
    calibrated: np.ndarray
    groups: np.ndarray

    @property
    def has_both(self) -> bool:
        """Whether both classes are there, without which there is no metric."""
        return np.unique(self.y >= 0.5).size == 2


def gold_rows(folder: Path, meta: ModelMeta) -> GoldRows | None:
    """Return the rows that a model was evaluated on, None if it was saved without them by an earlier version.

    Raises:
        ArtifactError: the file that has them was altered.
    """
    table = read_out_of_fold(folder, meta)
    if table is None:
        return None
    gold = table["gold"].to_numpy()
    rows = np.flatnonzero((table["fold"].to_numpy() > 0) & ~np.isnan(gold))
    raw, calibrated = table["raw"].to_numpy()[rows], table["calibrated"].to_numpy()[rows]
    scores = raw if meta.calibration is None else meta.calibration.apply(raw)
    return GoldRows(rows, gold[rows], scores, calibrated, table["address_group"].to_numpy()[rows])


def last_snapshot(client: Client, meta: ModelMeta) -> Selection:
    """Return the newest snapshot of a model's network and window.

    Raises:
        BadInputError: the warehouse has none.
        NotBuiltError: dbt has not run yet.
    """
    last = resolve_selection(client, meta.model_type, meta.network, None, None, meta.window_days).end_date
    return Selection(meta.network, last, last, meta.window_days)


def score_snapshot(client: Client, loaded: artifact.Artifact, selection: Selection) -> tuple[Dataset, np.ndarray]:
    """Return every row of a snapshot and its score (n,), which `predict` would write."""
    with one_build(client):
        data = read_scoring(client, loaded.meta.model_type, selection, loaded.features)
    return data, loaded.predict(data.frame())


def choose_threshold(
    client: Client,
    model_id: str,
    *,
    alert_budget: float | None = None,
    min_precision: float | None = None,
    by_lower_end: bool = False,
    model_trainer: type[ModelTrainer] | None = None,
) -> ChosenThreshold:
    """Choose the lowest threshold that keeps to a budget or reaches a precision, and keep it with the model.

    Alerts a day are rows of the newest snapshot of the model's network and window that score at or above the threshold, by the
    days of the window. Precision is that of unseen gold rows.

    Args:
        alert_budget: at most so many alerts a day.
        min_precision: a precision of at least this, above 0 and at most 1.
        by_lower_end: the lower end of the precision's 95 % interval must reach `min_precision`, not only the estimate.
        model_trainer: the trainer's class, for one that is not registered as a plug-in.

    Raises:
        UsageError: not one of the two is given, or no threshold keeps to the budget.
        NotEnoughLabelsError: no threshold reaches the precision.
        ArtifactError: there is no such model, or it kept no gold rows to tell precision from.
    """
    check_rule(alert_budget, min_precision)
    folder = Path(get_model(client, model_id)["model_path"])
    loaded = artifact.load(folder, model_trainer)
    rows, selection = gold_rows(folder, loaded.meta), last_snapshot(client, loaded.meta)
    _, scores = score_snapshot(client, loaded, selection)
    if alert_budget is not None:
        threshold = threshold_for_budget(scores, selection.window_days, alert_budget)
        rule = f"at most {alert_budget:g} a day in the snapshot of {selection.end_date}"
    else:
        threshold = _for_precision(loaded.meta, rows, min_precision or 0, by_lower_end)
        what = "the lower end of precision's 95 % interval" if by_lower_end else "precision"
        rule = f"{what} at least {min_precision:g} on unseen gold rows"
    chosen = _described(threshold, rule, rows, float((scores >= threshold).sum() / selection.window_days))
    artifact.keep_threshold(folder, chosen)
    return chosen


def check_rule(alert_budget: float | None, min_precision: float | None) -> None:
    """Raise UsageError unless one of the two rules is given, within its range."""
    if (alert_budget is None) == (min_precision is None):
        raise UsageError("A threshold follows from an alert budget or from a least precision; give one of the two.")
    if alert_budget is not None and not 0 < alert_budget < np.inf:
        raise UsageError(f"An alert budget is a number of alerts a day above 0, not {alert_budget:g}.")
    if min_precision is not None and not 0 < min_precision <= 1:
        raise UsageError(f"A precision is above 0 and at most 1, not {min_precision:g}.")


def _for_precision(meta: ModelMeta, rows: GoldRows | None, precision: float, by_lower_end: bool) -> float:
    kind = get_model_type(meta.model_type)
    if not kind.calibrates:
        raise UsageError(f"The scores of an {kind.name} only order rows within a list; choose its threshold by --alert-budget.")
    if rows is None:
        raise ArtifactError(
            f"Model {meta.model_id} was saved without the predictions it was evaluated with; train it again, or choose its "
            "threshold by --alert-budget."
        )
    if not rows.has_both:
        raise ArtifactError(
            f"Model {meta.model_id} was evaluated on no gold labels of both classes, so its precision is not known; choose its "
            "threshold by --alert-budget."
        )
    return threshold_for_precision(rows.y, rows.scores, rows.groups, precision, by_lower_end=by_lower_end, seed=meta.seed)


def _described(threshold: float, rule: str, rows: GoldRows | None, alerts_per_day: float) -> ChosenThreshold:
    precision = recall = None
    if rows is not None and rows.has_both and rows.scores.max() >= threshold:
        (row,) = at_thresholds(rows.y, rows.scores, rows.groups, np.array([threshold]))
        precision, recall = IntervalMeta(**row["precision"]), IntervalMeta(**row["recall"])
    return ChosenThreshold(threshold=threshold, rule=rule, precision=precision, recall=recall, alerts_per_day=alerts_per_day)

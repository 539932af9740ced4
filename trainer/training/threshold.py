"""Chooses the threshold that is kept with a model: by how many alerts somebody can look at, or by a precision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.errors import ArtifactError, UsageError
from trainer.evaluation import at_thresholds, threshold_for_budget, threshold_for_precision
from trainer.model_types import get_model_type
from trainer.registry import ChosenThreshold, IntervalMeta, artifact, get_model, read_out_of_fold
from trainer.training.snapshot_scores import SnapshotScores, last_snapshot, score_snapshot

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


def choose_threshold(
    client: Client,
    model_id: str,
    *,
    alert_budget: float | None = None,
    min_precision: float | None = None,
    by_lower_end: bool = False,
    model_trainer: type[ModelTrainer] | None = None,
) -> ChosenThreshold:
    """Choose the lowest threshold that keeps to a budget or reaches a precision, and keep it with a registered model.

    Alerts a day are rows of the newest snapshot of the model's network and window that score at or above the threshold, by the
    days of the window; rows that the model was trained on have their out-of-fold score. Precision is that of unseen gold rows.

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
    chosen = threshold_of(client, folder, loaded, alert_budget, min_precision, by_lower_end=by_lower_end)
    artifact.keep_threshold(folder, chosen)
    return chosen


def threshold_of(
    client: Client,
    folder: Path,
    loaded: artifact.Artifact,
    alert_budget: float | None,
    min_precision: float | None,
    *,
    by_lower_end: bool = False,
) -> ChosenThreshold:
    """Return the threshold that a rule chooses for a saved model, registered or not; see `choose_threshold`."""
    check_rule(alert_budget, min_precision, loaded.meta.model_type)
    meta, rows = loaded.meta, gold_rows(folder, loaded.meta)
    threshold = None if min_precision is None else _for_precision(meta, rows, min_precision, by_lower_end)
    snapshot = score_snapshot(client, folder, loaded, last_snapshot(client, meta))
    if threshold is None:
        threshold = threshold_for_budget(snapshot.scores, snapshot.selection.window_days, alert_budget or 0)
        rule, note = _budget_rule(snapshot, alert_budget or 0, threshold)
    else:
        rule, note = _precision_rule(rows, min_precision or 0, threshold, by_lower_end)
    precision, recall = _rates(meta, rows, threshold)
    return ChosenThreshold(
        threshold=threshold,
        rule=rule,
        precision=precision,
        recall=recall,
        alerts_per_day=snapshot.per_day(threshold),
        labelled_per_day=snapshot.labelled_per_day(threshold),
        note=note,
    )


def check_rule(alert_budget: float | None, min_precision: float | None, model_type: str | None = None) -> None:
    """Raise UsageError unless one of the two rules is given, within its range, and one that scores of a model type allow."""
    if (alert_budget is None) == (min_precision is None):
        raise UsageError("A threshold follows from an alert budget or from a least precision; give one of the two.")
    if alert_budget is not None and not 0 < alert_budget < np.inf:
        raise UsageError(f"An alert budget is a number of alerts a day above 0, not {alert_budget:g}.")
    if min_precision is not None and not 0 < min_precision <= 1:
        raise UsageError(f"A precision is above 0 and at most 1, not {min_precision:g}.")
    if min_precision is not None and model_type is not None and not get_model_type(model_type).calibrates:
        raise UsageError(f"The scores of an {model_type} only order rows within a list; choose its threshold by --alert-budget.")


def _for_precision(meta: ModelMeta, rows: GoldRows | None, precision: float, by_lower_end: bool) -> float:
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


def _budget_rule(snapshot: SnapshotScores, budget: float, threshold: float) -> tuple[str, str | None]:
    """Return the rule of a budget for a reader, and a note if the snapshot has fewer rows than that."""
    selection = snapshot.selection
    where = f"the snapshots of {' and '.join(selection.networks)} together" if selection.is_pooled else "the snapshot"
    rule, every = f"at most {budget:g} a day in {where} of {selection.end_date}", snapshot.per_day(-np.inf)
    if snapshot.per_day(threshold) < every:
        return rule, None
    note = f"The snapshot has only {every:.1f} alerts a day, no more than the budget of {budget:g}: "
    return f"{rule}, which has only {every:.1f}", f"{note}every alert is at or above the threshold."


def _precision_rule(rows: GoldRows | None, precision: float, threshold: float, by_lower_end: bool) -> tuple[str, str | None]:
    """Return the rule of a precision for a reader, and a note if all gold rows together reach it."""
    what = "the lower end of precision's 95 % interval" if by_lower_end else "precision"
    rule = f"{what} at least {precision:g} on unseen gold rows"
    if rows is None or rows.scores.min() < threshold:
        return rule, None
    note = f"All unseen gold rows together reach a precision of {precision:g}: "
    return f"{rule}, which all of them together reach", f"{note}the threshold is the lowest score among them and leaves none out."


def _rates(meta: ModelMeta, rows: GoldRows | None, threshold: float) -> tuple[IntervalMeta | None, IntervalMeta | None]:
    """Return precision and recall; None where no unseen gold row is at or above the threshold, or scores only order rows."""
    if rows is None or not rows.has_both or rows.scores.max() < threshold or not get_model_type(meta.model_type).calibrates:
        return None, None
    (row,) = at_thresholds(rows.y, rows.scores, rows.groups, np.array([threshold]), meta.seed)
    return IntervalMeta(**row["precision"]), IntervalMeta(**row["recall"])

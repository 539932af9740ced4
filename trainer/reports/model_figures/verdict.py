"""The verdict on a model: a few plain sentences for someone who reads nothing else."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

from trainer.evaluation import calibration
from trainer.model_types import get_model_type, plural
from trainer.registry import ModelMeta
from trainer.reports.model_figures.alerts import Snapshot
from trainer.reports.model_figures.evaluated import Kept

FEW_POSITIVES = 30
ENOUGH_OF_A_CLASS = 20  # rows of each class, below which a group's metrics say little
DIMENSIONS = {
    "typology": "typology",
    "severity": "severity",
    "label_source": "label source",
    "processing_date": "date",
    "cluster_size": "cluster size",
}
METHODS = {"platt": "Platt scaling", "beta": "beta calibration", "isotonic": "isotonic regression"}


def verdict_of(
    meta: ModelMeta, kept: Kept | None, breakdown: dict[str, list[dict[str, Any]]], snapshot: Snapshot | None
) -> list[str]:
    """Return the sentences, the most important first."""
    said = _quality(meta, kept)
    if kept is None or not all(kept.constant_folds().values()):
        said += _weakest(meta, breakdown)
    said.append(calibration_of(meta, kept))
    said += _threshold(meta)
    if snapshot is not None:
        said += _population(meta, kept, snapshot)
    return said


def calibration_of(meta: ModelMeta, kept: Kept | None) -> str:
    """Return one sentence on whether scores are probabilities."""
    kind = get_model_type(meta.model_type)
    if meta.calibration is not None:
        rows = "" if kept is None else f" {len(kept.gold.y):,}"
        return f"Scores are calibrated by {METHODS[meta.calibration.method]} on{rows} unseen rows with a gold label."
    if not kind.calibrates:
        return "Scores only order rows within a list; they are not probabilities."
    if kept is None:
        return "Scores are not calibrated."
    method, reason = calibration.choose_method(kept.gold.y, kept.gold.groups)
    reason = "calibration was turned off, or a fold lacked a class" if method is not None else reason
    return f"Scores are not calibrated, so they are no probabilities: {reason}."


def _quality(meta: ModelMeta, kept: Kept | None) -> list[str]:
    if "auc" not in meta.metrics:
        return [
            "The model's quality is not known: rows that it has not seen lack gold labels of both classes. Add labels of your "
            "own (`trainer labels add`) and train again."
        ]
    said = _of_auc(meta, kept)
    measured = f"That is measured on {meta.n_test:,} rows with a gold label"
    by = (
        "by models that were trained in the same way on other addresses, one for each fold; the saved model is trained on all "
        "labelled rows, these included."
    )
    if kept is None:
        return [*said, f"{measured}, {by}"]
    positive = kept.gold.y >= 0.5
    addresses = {int(group) for group in kept.gold.groups[positive]}
    said.append(f"{measured}, {int(positive.sum()):,} of them risky ({len(addresses):,} addresses), {by}")
    if len(addresses) < FEW_POSITIVES:
        said.append("So few risky addresses say little: read the interval, not the value.")
    return said


def _of_auc(meta: ModelMeta, kept: Kept | None) -> list[str]:
    auc, grain = meta.metrics["auc"], get_model_type(meta.model_type).grain
    value = f"AUC is {auc['value']:.3f} (95 % interval {auc['low']:.3f} to {auc['high']:.3f})"
    folds = {} if kept is None else kept.constant_folds()
    if folds and all(folds.values()):
        return [
            f"The model gives every row the same score, so it tells no risky {grain} from a benign one. Its {value} only because "
            "the rows of all folds are evaluated together, and the model of each fold has a score of its own."
        ]
    better = "better than chance"
    if auc["low"] <= 0.5:
        better = "worse than chance" if auc["high"] < 0.5 else "not distinguishable from chance"
    said = [
        f"The model is {better}: its {value}; it scores a risky {grain} higher than a benign one in {_percent(auc['value'])} of "
        "pairs."
    ]
    if any(folds.values()):
        said.append(f"In {sum(folds.values())} of {len(folds)} folds it gives every row the same score.")
    return said


def _weakest(meta: ModelMeta, breakdown: dict[str, list[dict[str, Any]]]) -> list[str]:
    measured = [
        (row["auc"]["value"], dimension, row)
        for dimension, rows in breakdown.items()
        for row in rows
        if len(rows) > 1 and row["auc"] is not None
    ]
    enough = [one for one in measured if min(one[2]["positive"], one[2]["rows"] - one[2]["positive"]) >= ENOUGH_OF_A_CLASS]
    if not enough or "auc" not in meta.metrics:
        return []
    _, dimension, row = min(enough, key=lambda one: one[0])
    auc = row["auc"]
    high, whole = auc["value"] + (auc["high"] - auc["value"]) * _widening(len(enough)), meta.metrics["auc"]["low"]
    widened = f"widened because it is the weakest of {len(enough)} groups" if len(enough) > 1 else "as it is"
    judged = f"not clearly below the whole: the intervals overlap, this one {widened}"
    if high < whole:
        judged = f"clearly below the whole: this interval, {widened}, ends below that of the whole"
    return [
        f"It is weakest on {DIMENSIONS[dimension]} {row['name']}: AUC {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f}) "
        f"on {row['rows']:,} rows, {row['positive']:,} of them risky, {judged}.{_too_small(len(measured) - len(enough))}"
    ]


def _too_small(groups: int) -> str:
    """Say that groups were left out, of which some may have a lower AUC in the tables."""
    if not groups:
        return ""
    who = "1 group is left out: it has" if groups == 1 else f"{groups} groups are left out: they have"
    return f" {who} fewer than {ENOUGH_OF_A_CLASS} risky or benign rows, too few to judge."


def _widening(groups: int) -> float:
    """Return by how much a 95 % interval is too narrow for the lowest of so many groups (Bonferroni, normal approximation)."""
    normal = NormalDist()
    return normal.inv_cdf(1 - 0.025 / groups) / normal.inv_cdf(0.975)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _threshold(meta: ModelMeta) -> list[str]:
    chosen = meta.chosen
    if chosen is None:
        return ["No threshold is kept with it; `trainer report` with --alert-budget or --min-precision chooses one."]
    said = f"Its threshold is {chosen.threshold:.4f} ({chosen.rule}): {chosen.alerts_per_day:.1f} alerts a day"
    if chosen.labelled_per_day is not None:
        said += f", of which {chosen.labelled_per_day:.1f} a day have a gold label already"
    notes = [] if chosen.note is None else [chosen.note]
    if not get_model_type(meta.model_type).calibrates:
        return [f"{said}; its scores only order rows within a list, so that their precision is not known.", *notes]
    if chosen.precision is None or chosen.recall is None:
        return [f"{said}; no unseen row with a gold label tells their precision.", *notes]
    rates = [
        f"{name} {one.value:.2f} ({one.low:.2f} to {one.high:.2f})"
        for name, one in (("precision", chosen.precision), ("recall", chosen.recall))
    ]
    return [f"{said}, with {rates[0]} and {rates[1]} on unseen gold rows.", *notes]


def _population(meta: ModelMeta, kept: Kept | None, snapshot: Snapshot) -> list[str]:
    """Say that gold rows are not all rows, with what the strategy `label_model` expects of those."""
    everywhere = snapshot.expected_precision(float(snapshot.scored.scores.min()))
    if everywhere is None or kept is None or not kept.gold.has_both:
        return []
    share, grain = float((kept.gold.y >= 0.5).mean()), get_model_type(meta.model_type).grain
    said = (
        f"Rows with a gold label are no sample of all {plural(grain)}: {_percent(share)} of the unseen ones are risky; "
        f"of the snapshot of {snapshot.selection.end_date} the strategy label_model expects {_percent(everywhere)}"
    )
    above = None if meta.chosen is None else snapshot.expected_precision(meta.chosen.threshold)
    if above is not None:
        said += f", and {_percent(above)} of what is at or above the threshold"
    return [f"{said}. Precision on gold rows is no promise for all {plural(grain)}."]

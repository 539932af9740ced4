"""Builds a model's report from its folder and the newest snapshot of the warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, NotBuiltError
from trainer.evaluation import curves_of
from trainer.registry import ModelMeta, artifact, get_model, read_out_of_fold
from trainer.reports.model_figures.alerts import Snapshot, chosen_of, scale_note, scored_snapshot, threshold_rows
from trainer.reports.model_figures.comparison import comparison_of
from trainer.reports.model_figures.evaluated import Kept, breakdown_of, labels_by_source, split_of
from trainer.reports.model_figures.verdict import calibration_of, verdict_of
from trainer.reports.model_reasons import reasons_of
from trainer.reports.model_report import ModelReport
from trainer.training import gold_rows

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.warehouse import Client

FACTS = (
    *("model_id", "model", "model_type", "label_strategy", "network", "window_days", "start_date", "end_date", "created_at"),
    *("seed", "n_train", "n_positive", "n_test", "versions", "data_fingerprint", "file_sha256", "git_commit"),
    *("by_network", "balance_networks"),
)
WITHOUT_PREDICTIONS = (
    "The model was saved by an earlier version, without the predictions it was evaluated with: labels by source, groups, curves "
    "and thresholds are missing. Train it again to have them."
)
WITHOUT_GOLD = (
    "The rows that the model has not seen lack gold labels of both classes: metrics, groups, curves and thresholds are missing."
)


def model_report(client: Client, model_id: str, model_trainer: type[ModelTrainer] | None = None) -> ModelReport:
    """Return the figures of a model's report.

    Args:
        model_id: of a registered model.
        model_trainer: the trainer's class, for one that is not registered as a plug-in.

    Raises:
        ArtifactError: there is no such model, or it cannot be used.
        UserCodeError: the model's trainer is a user's own and raises an exception.
    """
    folder = Path(get_model(client, model_id)["model_path"])
    loaded = artifact.load(folder, model_trainer)
    meta, notes = loaded.meta, list[str]()
    table, gold = read_out_of_fold(folder, meta), gold_rows(folder, meta)
    kept = None if table is None or gold is None else Kept(table, gold)
    snapshot = _snapshot(client, folder, loaded, notes)
    graded = _graded(meta, kept, snapshot, notes)
    reasons = reasons_of(client, loaded, snapshot, notes, model_trainer)
    return ModelReport(
        model=_facts(meta, kept),
        verdict=verdict_of(meta, kept, graded["breakdown"], snapshot),
        labels=[] if kept is None else labels_by_source(kept),
        split=split_of(meta, kept),
        metrics=meta.metrics,
        **graded,
        chosen=chosen_of(meta),
        **reasons,
        comparison=comparison_of(meta),
        notes=notes,
    )


def _facts(meta: ModelMeta, kept: Kept | None) -> dict[str, Any]:
    plain = meta.model_dump(mode="json", include=set(FACTS))
    return {name: plain[name] for name in FACTS} | {
        "n_features": len(meta.features),
        "calibration": calibration_of(meta, kept),
        "is_calibrated": meta.calibration is not None,
        "parameters": meta.options,
    }


def _snapshot(client: Client, folder: Path, loaded: artifact.Artifact, notes: list[str]) -> Snapshot | None:
    try:
        return scored_snapshot(client, folder, loaded)
    except (BadInputError, NotBuiltError) as error:
        notes.append(f"There is no snapshot to score, so alerts a day, importance and the highest scores are missing: {error}")
        return None


def _graded(meta: ModelMeta, kept: Kept | None, snapshot: Snapshot | None, notes: list[str]) -> dict[str, Any]:
    """Return breakdown, curves and thresholds, which need unseen gold rows of both classes."""
    found: dict[str, Any] = {"breakdown": {}, "curves": {}, "thresholds": []}
    if kept is None:
        notes.append(WITHOUT_PREDICTIONS)
        return found
    gold = kept.gold
    if not gold.has_both:
        notes.append(WITHOUT_GOLD)
        return found
    found |= {"breakdown": breakdown_of(meta, kept), "curves": curves_of(gold.y, gold.scores, gold.calibrated, gold.groups)}
    if snapshot is not None:
        found["thresholds"] = threshold_rows(snapshot.scored, gold, meta)
        notes += [note] if (note := scale_note(meta)) else []
    return found

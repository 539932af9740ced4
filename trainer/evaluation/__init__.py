"""Splits, metrics with intervals, ranking metrics and calibration, all on rows the model was not trained on."""

from __future__ import annotations

from trainer.evaluation import calibration
from trainer.evaluation.breakdown import breakdown
from trainer.evaluation.calibration import Calibrator
from trainer.evaluation.curves import curves_of
from trainer.evaluation.drift import LARGE, SOME, drift_of_columns, population_stability_index
from trainer.evaluation.estimate import Estimate, estimates, plain_values
from trainer.evaluation.metrics import evaluate, metrics, paired_difference, paired_differences
from trainer.evaluation.ranking import evaluate_ranking, ranks
from trainer.evaluation.splits import EMBARGO_DAYS, FOLDS, Split, make_split
from trainer.evaluation.thresholds import at_thresholds, threshold_for_budget, threshold_for_precision

__all__ = [
    "EMBARGO_DAYS",
    "FOLDS",
    "LARGE",
    "SOME",
    "Calibrator",
    "Estimate",
    "Split",
    "at_thresholds",
    "breakdown",
    "calibration",
    "curves_of",
    "drift_of_columns",
    "estimates",
    "evaluate",
    "evaluate_ranking",
    "make_split",
    "metrics",
    "paired_difference",
    "paired_differences",
    "plain_values",
    "population_stability_index",
    "ranks",
    "threshold_for_budget",
    "threshold_for_precision",
]

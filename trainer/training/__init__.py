"""The verbs: fit, tune, predict, derive votes."""

from __future__ import annotations

from trainer.training.derive import derive_votes, remove_votes
from trainer.training.fit import ModelTraining, TrainingResult
from trainer.training.predict import ScoringResult, predict
from trainer.training.search import make_pruner, read_object, read_space
from trainer.training.tune import METRICS, Tuning, TuningResult, read_parameters, write_parameters

__all__ = [
    "METRICS",
    "ModelTraining",
    "ScoringResult",
    "TrainingResult",
    "Tuning",
    "TuningResult",
    "derive_votes",
    "make_pruner",
    "predict",
    "read_object",
    "read_parameters",
    "read_space",
    "remove_votes",
    "write_parameters",
]

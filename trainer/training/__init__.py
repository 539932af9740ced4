"""The verbs: fit, tune, compare, predict, derive votes."""

from __future__ import annotations

from trainer.registry import LATEST
from trainer.training.arguments import checked_trainer
from trainer.training.backend import check_backend
from trainer.training.chosen import chosen_snapshot
from trainer.training.compare import COMPARISONS, LEADERBOARD, Candidate, Comparison, compare
from trainer.training.derive import DerivedVotes, derive_votes, remove_votes
from trainer.training.fit import ModelTraining
from trainer.training.hidden_truth import SETS, AgainstTruth, against_truth
from trainer.training.parameters import read_parameters, write_parameters
from trainer.training.predict import ScoringResult, predict
from trainer.training.reasons import RAISES, SPEAKS, Explanation, Explanations, contributions_of, explain, meanings
from trainer.training.result import TrainingResult
from trainer.training.scores import Scores, read_scores, scores
from trainer.training.search import lowest, make_pruner, read_object, read_space
from trainer.training.snapshot_scores import SnapshotScores, last_snapshot, score_snapshot
from trainer.training.threshold import GoldRows, choose_threshold, gold_rows
from trainer.training.tune import METRICS, Tuning, TuningResult, checked_metric
from trainer.training.update import ScoredSnapshot, Update, UpdateResult

__all__ = [
    "COMPARISONS",
    "LATEST",
    "LEADERBOARD",
    "METRICS",
    "RAISES",
    "SETS",
    "SPEAKS",
    "AgainstTruth",
    "Candidate",
    "Comparison",
    "DerivedVotes",
    "Explanation",
    "Explanations",
    "GoldRows",
    "ModelTraining",
    "ScoredSnapshot",
    "Scores",
    "ScoringResult",
    "SnapshotScores",
    "TrainingResult",
    "Tuning",
    "TuningResult",
    "Update",
    "UpdateResult",
    "against_truth",
    "check_backend",
    "checked_metric",
    "checked_trainer",
    "choose_threshold",
    "chosen_snapshot",
    "compare",
    "contributions_of",
    "derive_votes",
    "explain",
    "gold_rows",
    "last_snapshot",
    "lowest",
    "make_pruner",
    "meanings",
    "predict",
    "read_object",
    "read_parameters",
    "read_scores",
    "read_space",
    "remove_votes",
    "score_snapshot",
    "scores",
    "write_parameters",
]

"""Compares label strategies, models and feature sets on the same folds and the same gold rows."""

from __future__ import annotations

from trainer.training.compare.candidates import Candidate, candidates
from trainer.training.compare.comparison import LEADERBOARD, Comparison
from trainer.training.compare.run import FOLDER as COMPARISONS
from trainer.training.compare.run import compare

__all__ = ["COMPARISONS", "LEADERBOARD", "Candidate", "Comparison", "candidates", "compare"]

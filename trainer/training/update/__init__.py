"""Brings the warehouse up to date: loads what is new, builds what has changed, scores with the models in use."""

from __future__ import annotations

from trainer.training.update.result import Drift, ScoredSnapshot, UpdateResult
from trainer.training.update.run import Update

__all__ = ["Drift", "ScoredSnapshot", "Update", "UpdateResult"]

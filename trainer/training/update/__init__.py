"""Brings the warehouse up to date: loads what is new, builds what has changed, scores with the models in use."""

from __future__ import annotations

from trainer.training.update.result import Drift, Scored, UpdateResult
from trainer.training.update.run import Update

__all__ = ["Drift", "Scored", "Update", "UpdateResult"]

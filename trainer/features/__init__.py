"""Reads, checks and stores a user's own numeric features."""

from __future__ import annotations

from trainer.features.add import FeaturesAdded, add_features

__all__ = [
    "FeaturesAdded",
    "add_features",
]

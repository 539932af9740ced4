"""A user's own numeric features: read, checked and stored."""

from __future__ import annotations

from trainer.features.add import FeaturesAdded, add_features

__all__ = [
    "FeaturesAdded",
    "add_features",
]

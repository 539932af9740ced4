"""Saved models: their files on disk and their rows in `trained_models`."""

from __future__ import annotations

from trainer.registry import artifact, registry
from trainer.registry.registry import get_model, latest_model, list_models

__all__ = [
    "artifact",
    "get_model",
    "latest_model",
    "list_models",
    "registry",
]

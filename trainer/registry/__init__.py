"""Saved models: their files on disk and their rows in `trained_models`."""

from __future__ import annotations

from trainer.registry import artifact, registry
from trainer.registry.choice import LATEST, ModelChoice, choose_model, fits, is_baseline, latest_model, problem_of
from trainer.registry.meta import ChosenThreshold, IntervalMeta, LeftOutMeta, ModelMeta, NetworkMeta, features_meta, read_meta
from trainer.registry.out_of_fold import SCHEMA as OUT_OF_FOLD_SCHEMA
from trainer.registry.out_of_fold import read_out_of_fold
from trainer.registry.registry import get_model, is_for, list_models

__all__ = [
    "LATEST",
    "OUT_OF_FOLD_SCHEMA",
    "ChosenThreshold",
    "IntervalMeta",
    "LeftOutMeta",
    "ModelChoice",
    "ModelMeta",
    "NetworkMeta",
    "artifact",
    "choose_model",
    "features_meta",
    "fits",
    "get_model",
    "is_baseline",
    "is_for",
    "latest_model",
    "list_models",
    "problem_of",
    "read_meta",
    "read_out_of_fold",
    "registry",
]

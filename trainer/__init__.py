"""Labels you can defend and an honest alert scorer, on ClickHouse."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.models.base import ModelTrainer
    from trainer.models.ensemble import EnsembleTrainer
    from trainer.models.lightgbm import LightGBMTrainer
    from trainer.models.neural_net import NeuralNetTrainer
    from trainer.models.xgboost import XGBoostTrainer
    from trainer.scoring import predict
    from trainer.strategies import AddressLabelStrategy, LabelStrategy
    from trainer.training import ModelTraining, TrainingResult
    from trainer.warehouse import connect

# OpenMP threads that wait by spinning make training ten times slower as soon as anything else wants a core. The libraries
# read this when they are loaded, so it is set before any of them is.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOMES = {
    "AddressLabelStrategy": "trainer.strategies",
    "EnsembleTrainer": "trainer.models.ensemble",
    "LabelStrategy": "trainer.strategies",
    "LightGBMTrainer": "trainer.models.lightgbm",
    "ModelTrainer": "trainer.models.base",
    "ModelTraining": "trainer.training",
    "NeuralNetTrainer": "trainer.models.neural_net",
    "TrainingResult": "trainer.training",
    "XGBoostTrainer": "trainer.models.xgboost",
    "connect": "trainer.warehouse",
    "predict": "trainer.scoring",
}

__all__ = [
    "AddressLabelStrategy",
    "EnsembleTrainer",
    "LabelStrategy",
    "LightGBMTrainer",
    "ModelTrainer",
    "ModelTraining",
    "NeuralNetTrainer",
    "TrainingResult",
    "XGBoostTrainer",
    "connect",
    "predict",
]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'trainer' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)

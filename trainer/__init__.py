"""Labels you can defend and an honest alert scorer, on ClickHouse."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.labels.strategies import AddressLabelStrategy, LabelStrategy
    from trainer.models.base import ModelTrainer
    from trainer.models.boosting.lightgbm import LightGBMTrainer
    from trainer.models.boosting.xgboost import XGBoostTrainer
    from trainer.models.ensemble.trainer import EnsembleTrainer
    from trainer.models.neural_net.trainer import NeuralNetTrainer
    from trainer.reports.model_report import ModelReport
    from trainer.reports.report import report
    from trainer.training.compare.comparison import Comparison
    from trainer.training.compare.run import compare
    from trainer.training.fit import ModelTraining
    from trainer.training.predict import predict
    from trainer.training.reasons.explain import explain
    from trainer.training.result import TrainingResult
    from trainer.training.scores import scores
    from trainer.warehouse.client import connect

# OpenMP threads that wait by spinning make training ten times slower as soon as anything else wants a core. The libraries
# read this when they are loaded, so it is set before any of them is.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# The ClickHouse driver's decoder in C ends the process with a segmentation fault if a server answers garbage; the one in Python
# raises, and takes as long within a tenth.
os.environ.setdefault("CLICKHOUSE_CONNECT_USE_C", "0")

_HOMES = {
    "AddressLabelStrategy": "trainer.labels.strategies",
    "Comparison": "trainer.training.compare.comparison",
    "EnsembleTrainer": "trainer.models.ensemble.trainer",
    "LabelStrategy": "trainer.labels.strategies",
    "LightGBMTrainer": "trainer.models.boosting.lightgbm",
    "ModelReport": "trainer.reports.model_report",
    "ModelTrainer": "trainer.models.base",
    "ModelTraining": "trainer.training.fit",
    "NeuralNetTrainer": "trainer.models.neural_net.trainer",
    "TrainingResult": "trainer.training.result",
    "XGBoostTrainer": "trainer.models.boosting.xgboost",
    "compare": "trainer.training.compare.run",
    "connect": "trainer.warehouse.client",
    "explain": "trainer.training.reasons.explain",
    "predict": "trainer.training.predict",
    "report": "trainer.reports.report",
    "scores": "trainer.training.scores",
}

__all__ = [
    "AddressLabelStrategy",
    "Comparison",
    "EnsembleTrainer",
    "LabelStrategy",
    "LightGBMTrainer",
    "ModelReport",
    "ModelTrainer",
    "ModelTraining",
    "NeuralNetTrainer",
    "TrainingResult",
    "XGBoostTrainer",
    "compare",
    "connect",
    "explain",
    "predict",
    "report",
    "scores",
]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that importing the package costs nothing."""
    if name not in _HOMES:
        from trainer.settings import PART_FROM_NAMESAKE, namesake

        other = namesake() if not name.startswith("_") else None
        hint = f"; another project named trainer ({other}) is installed, too: {PART_FROM_NAMESAKE}" if other else ""
        raise AttributeError(f"module 'trainer' has no attribute {name!r}{hint}")
    return getattr(importlib.import_module(_HOMES[name]), name)

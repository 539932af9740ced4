"""Labels you can defend and an honest alert scorer, on ClickHouse.

A connection
    connect               open the warehouse of profiles.yml

What one does
    ModelTraining         train a model and evaluate it on rows it has not seen: `.run()`
    predict               score a snapshot and write the scores into the warehouse
    compare               compare label strategies, models and feature sets on the same rows
    explain               say why scores are what they are
    report                report a model: labels, metrics, thresholds, features, highest alerts
    scores                read the scores of a snapshot, the highest first

What these return
    TrainingResult        of `ModelTraining.run`; `result.metrics["auc"]` is a number with `.low` and `.high`
    ScoringResult         of `predict`
    Comparison            of `compare`
    Explanations          of `explain`
    ModelReport           of `report`
    Estimate              a number with a 95 % interval

Models, and the class to derive one's own from
    ModelTrainer          the base class
    XGBoostTrainer        boosted trees, the default
    LightGBMTrainer       boosted trees, grown leaf by leaf
    NeuralNetTrainer      an ensemble of neural networks
    EnsembleTrainer       several of them as one

Label strategies, and the class to derive one's own from
    LabelStrategy         the base class
    AddressLabelStrategy  source-of-truth and custom labels together, the default

Loading data is in `trainer.snapshots` (ingest), `trainer.labels` (add_labels) and `trainer.features` (add_features), synthetic
snapshots in `trainer.simulate`, dbt in `trainer.warehouse` (run_dbt). The command line is `trainer --help`.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from trainer.version import __version__ as __version__

if TYPE_CHECKING:
    from trainer.evaluation.estimate import Estimate
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
    from trainer.training.predict import ScoringResult, predict
    from trainer.training.reasons.explain import explain
    from trainer.training.reasons.explanation import Explanations
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
    "Estimate": "trainer.evaluation.estimate",
    "Explanations": "trainer.training.reasons.explanation",
    "LabelStrategy": "trainer.labels.strategies",
    "LightGBMTrainer": "trainer.models.boosting.lightgbm",
    "ModelReport": "trainer.reports.model_report",
    "ModelTrainer": "trainer.models.base",
    "ModelTraining": "trainer.training.fit",
    "NeuralNetTrainer": "trainer.models.neural_net.trainer",
    "ScoringResult": "trainer.training.predict",
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
    "Estimate",
    "Explanations",
    "LabelStrategy",
    "LightGBMTrainer",
    "ModelReport",
    "ModelTrainer",
    "ModelTraining",
    "NeuralNetTrainer",
    "ScoringResult",
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


def __dir__() -> list[str]:
    """Return the public names, also those that are not imported yet."""
    return sorted({*globals(), *__all__})

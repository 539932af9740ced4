"""Models that can be trained, saved and loaded: the base class, the built-in trainers, and the parts to build another from.

A trainer is found by the name of its entry point (group `trainer.models`, rankers in `trainer.rankers`), the built-in ones
too. Other rooms, plug-ins and a trainer of one's own import from here; each name is imported at its first use, so that
importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.models.base import ModelTrainer
    from trainer.models.baselines.constant import ConstantTrainer
    from trainer.models.baselines.linear import fit_logistic, hard_labels, log_odds, sigmoid
    from trainer.models.baselines.logistic import LogisticTrainer
    from trainer.models.baselines.single_feature import SingleFeatureTrainer
    from trainer.models.boosting.lightgbm import LightGBMTrainer
    from trainer.models.boosting.together import Member, Work, fit_together, fits_together
    from trainer.models.boosting.xgboost import XGBoostTrainer
    from trainer.models.contributions import LOG_ODDS, Contributions
    from trainer.models.ensemble.trainer import EnsembleTrainer
    from trainer.models.files.numbers import read_numbers, write_numbers
    from trainer.models.fitting import check_options, checked_predict, fill_missing, fit_trainer, medians_of
    from trainer.models.in_file import frame_at, new_matrix, rows_at
    from trainer.models.neural_net.trainer import NeuralNetTrainer
    from trainer.models.plugins import ENTRY_POINT_GROUP, RANKERS, build, name_of, names, ranker_of, trainer_class
    from trainer.models.quantiles import normal_scores, quantile_knots, quantile_ranks
    from trainer.models.rankers import LightGBMRanker, XGBoostRanker
    from trainer.models.rows import Rows, matrix_of, require_both_classes, training_rows
    from trainer.models.splitting import grouped_folds, hold_out

_HOMES = {
    "base": ["ModelTrainer"],
    "baselines.constant": ["ConstantTrainer"],
    "baselines.linear": ["fit_logistic", "hard_labels", "log_odds", "sigmoid"],
    "baselines.logistic": ["LogisticTrainer"],
    "baselines.single_feature": ["SingleFeatureTrainer"],
    "boosting.lightgbm": ["LightGBMTrainer"],
    "boosting.together": ["Member", "Work", "fit_together", "fits_together"],
    "boosting.xgboost": ["XGBoostTrainer"],
    "contributions": ["LOG_ODDS", "Contributions"],
    "ensemble.trainer": ["EnsembleTrainer"],
    "files.numbers": ["read_numbers", "write_numbers"],
    "fitting": ["check_options", "checked_predict", "fill_missing", "fit_trainer", "medians_of"],
    "in_file": ["frame_at", "new_matrix", "rows_at"],
    "neural_net.trainer": ["NeuralNetTrainer"],
    "plugins": ["ENTRY_POINT_GROUP", "RANKERS", "build", "name_of", "names", "ranker_of", "trainer_class"],
    "quantiles": ["normal_scores", "quantile_knots", "quantile_ranks"],
    "rankers": ["LightGBMRanker", "XGBoostRanker"],
    "rows": ["Rows", "matrix_of", "require_both_classes", "training_rows"],
    "splitting": ["grouped_folds", "hold_out"],
}
_MODULE_OF = {name: f"{__name__}.{module}" for module, exported in _HOMES.items() for name in exported}

__all__ = [
    "ENTRY_POINT_GROUP",
    "LOG_ODDS",
    "RANKERS",
    "ConstantTrainer",
    "Contributions",
    "EnsembleTrainer",
    "LightGBMRanker",
    "LightGBMTrainer",
    "LogisticTrainer",
    "Member",
    "ModelTrainer",
    "NeuralNetTrainer",
    "Rows",
    "SingleFeatureTrainer",
    "Work",
    "XGBoostRanker",
    "XGBoostTrainer",
    "build",
    "check_options",
    "checked_predict",
    "fill_missing",
    "fit_logistic",
    "fit_together",
    "fit_trainer",
    "fits_together",
    "frame_at",
    "grouped_folds",
    "hard_labels",
    "hold_out",
    "log_odds",
    "matrix_of",
    "medians_of",
    "name_of",
    "names",
    "new_matrix",
    "normal_scores",
    "quantile_knots",
    "quantile_ranks",
    "ranker_of",
    "read_numbers",
    "require_both_classes",
    "rows_at",
    "sigmoid",
    "trainer_class",
    "training_rows",
    "write_numbers",
]


def __getattr__(name: str) -> Any:
    """Import an exported name at its first use."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE_OF[name]), name)

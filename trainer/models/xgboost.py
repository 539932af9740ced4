"""Gradient-boosted trees of XGBoost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from trainer.errors import ArtifactError, UsageError
from trainer.models.base import ModelTrainer

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DEFAULTS: dict[str, Any] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 6,
    "learning_rate": 0.1,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
}


class XGBoostTrainer(ModelTrainer):
    """Boosted trees on the logistic loss; missing values go the way that lowers the loss most.

    Args:
        hyperparameters: XGBoost's own parameters, over the defaults; `n_estimators` is the number of trees.
        seed: of row and column sampling; one seed, one model.
    """

    suffix: ClassVar[str] = ".ubj"
    accepts_missing: ClassVar[bool] = True
    search_space: ClassVar[dict[str, dict[str, Any]]] = {
        "n_estimators": {"type": "int", "low": 50, "high": 800, "log": True},
        "max_depth": {"type": "int", "low": 3, "high": 10},
        "learning_rate": {"type": "float", "low": 0.01, "high": 0.3, "log": True},
        "min_child_weight": {"type": "float", "low": 0.5, "high": 30, "log": True},
        "subsample": {"type": "float", "low": 0.5, "high": 1.0},
        "colsample_bytree": {"type": "float", "low": 0.4, "high": 1.0},
        "reg_lambda": {"type": "float", "low": 0.1, "high": 30, "log": True},
    }

    def __init__(self, hyperparameters: dict[str, Any] | None = None, seed: int = 0) -> None:
        self.hyperparameters = dict(hyperparameters or {})
        self.seed = seed
        self.model: Any = None

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        """Fit; see `ModelTrainer.train`."""
        import numpy as np
        import xgboost

        parameters = DEFAULTS | self.hyperparameters | {"seed": self.seed}
        rounds = int(parameters.pop("n_estimators", 100))
        weights = None if sample_weights is None else np.asarray(sample_weights, dtype=np.float32)
        data = xgboost.QuantileDMatrix(X.to_numpy(), np.asarray(y, dtype=np.float32), weight=weights)
        try:
            self.model = xgboost.train(parameters, data, num_boost_round=rounds)
        except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
            raise UsageError(f"XGBoost refused its parameters: {str(error).splitlines()[0][:300]}") from error
        return self.model

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky), (n,)."""
        if self.model is None:
            raise ValueError("The model is not trained.")
        proba: np.ndarray = self.model.inplace_predict(X.to_numpy(), validate_features=False)
        return proba

    def save(self, path: str) -> None:
        """Write the trees as UBJSON."""
        if self.model is None:
            raise ValueError("There is no model to save.")
        self.model.save_model(path)

    def load(self, path: str) -> None:
        """Read UBJSON trees.

        Raises:
            ArtifactError: the file is not one.
        """
        import xgboost

        model = xgboost.Booster()
        try:
            model.load_model(path)
        except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
            raise ArtifactError(f"{path} is not a model that XGBoost can read: {str(error).splitlines()[0][:200]}") from error
        self.model = model

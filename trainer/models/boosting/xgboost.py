"""Gradient-boosted trees with XGBoost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from trainer.models.base import ModelTrainer
from trainer.models.boosting.plan import (
    MAX_ROUNDS,
    Plan,
    by_first_name,
    check_preset,
    fit_boosted,
    plan_of,
    require_objective,
    with_threads,
)
from trainer.models.boosting.together import Member, Work, meeting, member_threads
from trainer.models.boosting.trial import trial_rows
from trainer.models.boosting.xgboost_matrix import binned
from trainer.models.boosting.xgboost_parameters import ALIASES, require_supported, try_parameters, xgboost_refusals
from trainer.models.files.xgboost_trees import read_trees, write_trees
from trainer.models.rows import Rows, matrix_of, training_rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from trainer.models.contributions import Contributions

COMMON: dict[str, Any] = {"objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist", "max_depth": 6}
PRESETS: dict[str, dict[str, Any]] = {
    # Small steps with early stopping; each tree sees half of the columns, so that none dominates.
    "default": COMMON | {"learning_rate": 0.05, "subsample": 0.8, "colsample_bytree": 0.5},
    "guide": COMMON | {"learning_rate": 0.1, "subsample": 0.8, "colsample_bytree": 0.8, "n_estimators": 100},
}

OBJECTIVES = ("binary:logistic", "reg:logistic")


class XGBoostTrainer(ModelTrainer):
    """Boosted trees on the logistic loss; missing values go the way that lowers the loss most.

    Args:
        hyperparameters: XGBoost's own parameters, which override the preset's. With `n_estimators` there are exactly so many
            trees, without it training stops early: once the loss on held-out addresses has not fallen for
            `early_stopping_rounds` (50).
        seed: of row and column sampling and of the hold-out; one seed, one model.
        preset: `default`, or `guide` for the parameters of the miner's guide and 100 trees.
    """

    suffix: ClassVar[str] = ".ubj"
    accepts_missing: ClassVar[bool] = True
    accepts_groups: ClassVar[bool] = True
    search_space: ClassVar[dict[str, dict[str, Any]]] = {
        "learning_rate": {"type": "float", "low": 0.01, "high": 0.2, "log": True},
        "max_depth": {"type": "int", "low": 3, "high": 10},
        "min_child_weight": {"type": "float", "low": 0.1, "high": 20.0, "log": True},
        "subsample": {"type": "float", "low": 0.5, "high": 1.0},
        "colsample_bytree": {"type": "float", "low": 0.2, "high": 1.0},
        "lambda": {"type": "float", "low": 0.01, "high": 20.0, "log": True},
        "gamma": {"type": "float", "low": 0.0, "high": 5.0},
    }

    def __init__(self, hyperparameters: dict[str, Any] | None = None, seed: int = 0, preset: str = "default") -> None:
        self.hyperparameters = dict(hyperparameters or {})
        self.seed = seed
        self.preset = check_preset(preset, PRESETS)
        self.model: Any = None

    def plan(self) -> Plan:
        """Return the parameters and the number of trees: the preset's, overridden by the hyperparameters.

        Raises:
            UsageError: unsupported parameters.
        """
        plan = plan_of(PRESETS[self.preset], by_first_name(self.hyperparameters, ALIASES))
        require_objective(plan.parameters, OBJECTIVES)
        require_supported(plan.parameters)
        return plan

    def check_options(self) -> None:
        """Check the parameters before any data is read; see `ModelTrainer.check_options`."""
        try_parameters(self.plan().parameters, *trial_rows())

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None, groups: Any = None) -> Any:
        """Fit; see `ModelTrainer.train`."""
        self.model = self.n_features = None
        rows = training_rows(X, y, sample_weights, groups)
        plan = self.plan()
        parameters = with_threads(self.parameters(plan, rows.y), "xgboost", rows.X)
        with xgboost_refusals():
            self.model = fit_boosted(
                rows, plan, self.seed, partial(self.fixed, parameters), partial(self.stopped, plan, parameters)
            )
        self.n_features = rows.X.shape[1]
        return self.model

    def parameters(self, plan: Plan, y: np.ndarray) -> dict[str, Any]:  # noqa: ARG002  the same for soft labels
        """Return XGBoost's parameters for labels (n,)."""
        return plan.parameters | {"seed": self.seed}

    def fixed(self, parameters: dict[str, Any], rows: Rows, rounds: int) -> Any:
        """Fit so many trees."""
        import xgboost

        return xgboost.train(parameters, binned(parameters, rows), rounds, callbacks=[self._watcher(rounds)])

    def stopped(self, plan: Plan, parameters: dict[str, Any], fitted: Rows, held: Rows) -> tuple[Any, int]:
        """Fit until the loss on held-out rows stops falling; return the model, cut at its lowest, and its number of trees."""
        import xgboost

        data = binned(parameters, fitted)
        callbacks = [xgboost.callback.EarlyStopping(rounds=plan.patience, save_best=True), self._watcher(MAX_ROUNDS)]
        evals = [(binned(parameters, held, data), "held_out")]
        model = xgboost.train(parameters, data, MAX_ROUNDS, evals=evals, callbacks=callbacks, verbose_eval=False)
        return model, model.num_boosted_rounds()

    def rows_to_bin(self, parameters: dict[str, Any]) -> int:  # noqa: ARG002  sketches are merged
        """Return 0: processes need none of each other's rows."""
        return 0

    def fit_member(
        self,
        member: Member,
        work: Work,
        fitted: Rows,
        held: Rows | None,
        sample: np.ndarray | None,  # noqa: ARG002  there is none
    ) -> tuple[Any, int]:
        """Fit with other processes, each to its own rows; see `trainer.models.boosting.together`."""
        parameters = member_threads(work.parameters, "xgboost", member, fitted)
        with xgboost_refusals(), meeting(member):
            if held is None:
                return self.fixed(parameters, fitted, work.rounds or 1), work.rounds or 1
            return self.stopped(work.plan, parameters, fitted, held)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky), (n,)."""
        if self.model is None:
            raise ValueError("The model is not trained.")
        proba: np.ndarray = self.model.inplace_predict(matrix_of(X), validate_features=False)
        return proba

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:  # noqa: ARG002  the trees know theirs
        """Return exact TreeSHAP values of the log-odds; see `ModelTrainer.contributions`."""
        from trainer.models.boosting.contributions import of_xgboost
        from trainer.models.contributions import LOG_ODDS

        if self.model is None:
            raise ValueError("The model is not trained.")
        return of_xgboost(self.model, matrix_of(X), LOG_ODDS)

    def save(self, path: str) -> None:
        """Write the trees as UBJSON."""
        write_trees(self.model, path)

    def load(self, path: str) -> None:
        """Read trees from UBJSON.

        Raises:
            ArtifactError: the file is not an XGBoost model, or is inconsistent.
        """
        self.model = read_trees(path)
        self.n_features = self.model.num_features()

    def _watcher(self, rounds: int) -> Any:
        import xgboost

        report = self.report

        class Watcher(xgboost.callback.TrainingCallback):  # type: ignore[misc]
            def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002  its signature
                report("trees", epoch + 1, rounds)
                return False

        return Watcher()

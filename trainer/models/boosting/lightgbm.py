"""Gradient-boosted trees with LightGBM."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from trainer.models.base import ModelTrainer
from trainer.models.boosting.lightgbm_parameters import first_names, lightgbm_refusals, try_parameters
from trainer.models.boosting.lightgbm_start import ALONE, BIN_ROWS, Start, start_of
from trainer.models.boosting.plan import MAX_ROUNDS, Plan, check_preset, fit_boosted, plan_of, require_objective, with_threads
from trainer.models.boosting.together import Member, Work, meeting, member_threads, network_parameters
from trainer.models.boosting.trial import trial_rows
from trainer.models.files.lightgbm_text import import_lightgbm, read_text, write_text
from trainer.models.rows import Rows, matrix_of, training_rows

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models.contributions import Contributions

PRESETS: dict[str, dict[str, Any]] = {
    "default": {
        "num_leaves": 31,
        "learning_rate": 0.04,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
    },
    "guide": {
        "objective": "binary",
        "metric": "auc",
        "boosting_type": "gbdt",
        "num_leaves": 31,
        "learning_rate": 0.05,
        "feature_fraction": 0.9,
        "bagging_fraction": 0.8,
        "bagging_freq": 5,
        "n_estimators": 100,
    },
}
OBJECTIVES = ("binary", "cross_entropy", "xentropy")
REPRODUCIBLE: dict[str, Any] = {"deterministic": True, "force_row_wise": True, "verbose": -1}


class LightGBMTrainer(ModelTrainer):
    """Boosted trees on the logistic loss, grown leaf by leaf; missing values go the way that lowers the loss most.

    Args:
        hyperparameters: LightGBM's own parameters, which override the preset's. With `n_estimators` there are exactly so many
            trees, without it training stops early: once the loss on held-out addresses has not fallen for
            `early_stopping_rounds` (50).
        seed: of row and column sampling and of the hold-out; one seed, one model.
        preset: `default`, or `guide` for the parameters of the miner's guide and 100 trees.
    """

    suffix: ClassVar[str] = ".txt"
    accepts_missing: ClassVar[bool] = True
    accepts_groups: ClassVar[bool] = True
    search_space: ClassVar[dict[str, dict[str, Any]]] = {
        "learning_rate": {"type": "float", "low": 0.01, "high": 0.2, "log": True},
        "num_leaves": {"type": "int", "low": 7, "high": 127, "log": True},
        "min_data_in_leaf": {"type": "int", "low": 5, "high": 100, "log": True},
        "feature_fraction": {"type": "float", "low": 0.2, "high": 1.0},
        "bagging_fraction": {"type": "float", "low": 0.5, "high": 1.0},
        "lambda_l2": {"type": "float", "low": 0.01, "high": 20.0, "log": True},
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
        preset, own = (first_names(parameters) for parameters in (PRESETS[self.preset], self.hyperparameters))
        plan = plan_of(preset, own)
        require_objective(plan.parameters, OBJECTIVES)
        return plan

    def check_options(self) -> None:
        """Check the parameters before any data is read; see `ModelTrainer.check_options`."""
        try_parameters({"objective": "binary"} | self.plan().parameters, *trial_rows())

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None, groups: Any = None) -> Any:
        """Fit; see `ModelTrainer.train`."""
        self.model = self.n_features = None
        rows = training_rows(X, y, sample_weights, groups)
        plan = self.plan()
        parameters = with_threads(self.parameters(plan, rows.y), "lightgbm", rows.X)
        with lightgbm_refusals():
            self.model = fit_boosted(
                rows, plan, self.seed, partial(self.fixed, parameters), partial(self.stopped, plan, parameters)
            )
        self.n_features = rows.X.shape[1]
        return self.model

    def parameters(self, plan: Plan, y: np.ndarray) -> dict[str, Any]:
        """Return LightGBM's parameters for labels (n,)."""
        chosen = plan.parameters
        objective = chosen.get("objective", "binary")
        if objective == "binary" and not ((y == 0) | (y == 1)).all():
            objective = "cross_entropy"  # the same loss, for soft labels too: `binary` takes every label above 0 for 1
        metric = chosen.get("metric", "binary_logloss" if objective == "binary" else "cross_entropy")
        return REPRODUCIBLE | chosen | {"objective": objective, "metric": metric, "seed": self.seed}

    def fixed(self, parameters: dict[str, Any], rows: Rows, rounds: int, start: Start = ALONE) -> Any:
        """Fit so many trees."""
        data = start.dataset(rows)
        return import_lightgbm().train(parameters, data, rounds, callbacks=[self._watcher(rounds)])

    def stopped(self, plan: Plan, parameters: dict[str, Any], fitted: Rows, held: Rows, start: Start = ALONE) -> tuple[Any, int]:
        """Fit until the loss on held-out rows stops falling; return the model, cut at its lowest, and its number of trees."""
        lightgbm = import_lightgbm()
        data = start.dataset(fitted)
        valid = start.dataset(held, data)
        callbacks = [
            lightgbm.early_stopping(plan.patience, first_metric_only=True, verbose=False),
            self._watcher(MAX_ROUNDS),
        ]
        model = lightgbm.train(parameters, data, MAX_ROUNDS, valid_sets=[valid], feval=start.loss, callbacks=callbacks)
        return model, model.best_iteration

    def rows_to_bin(self, parameters: dict[str, Any]) -> int:
        """Return how many rows LightGBM makes bins of."""
        return int(parameters.get("bin_construct_sample_cnt", BIN_ROWS))

    def fit_member(
        self, member: Member, work: Work, fitted: Rows, held: Rows | None, sample: np.ndarray | None
    ) -> tuple[Any, int]:
        """Fit with other processes, each to its own rows; see `trainer.models.boosting.together`."""
        parameters = member_threads(work.parameters, "lightgbm", member, fitted)
        parameters = {"tree_learner": "data"} | parameters | network_parameters(member)
        if held is not None:
            parameters["metric"] = "None"
        with lightgbm_refusals():
            start = start_of(parameters, work.mean, sample)
            if held is None:
                model, rounds = self.fixed(parameters, fitted, work.rounds or 1, start), work.rounds or 1
            else:
                with meeting(member):
                    model, rounds = self.stopped(work.plan, parameters, fitted, held, start)
            return start.added_to(model.free_network()), rounds

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky), (n,)."""
        if self.model is None:
            raise ValueError("The model is not trained.")
        matrix = matrix_of(X)
        return np.asarray(self.model.predict(matrix)) if len(matrix) else np.empty(0)

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:  # noqa: ARG002  the trees know theirs
        """Return exact TreeSHAP values of the log-odds; see `ModelTrainer.contributions`."""
        from trainer.models.boosting.contributions import of_lightgbm
        from trainer.models.contributions import LOG_ODDS

        if self.model is None:
            raise ValueError("The model is not trained.")
        return of_lightgbm(self.model, matrix_of(X), LOG_ODDS)

    def save(self, path: str) -> None:
        """Write the trees as LightGBM's text."""
        write_text(self.model, path)

    def load(self, path: str) -> None:
        """Read trees as LightGBM's text.

        Raises:
            ArtifactError: the file is not a LightGBM model, or is inconsistent.
        """
        self.model = read_text(path)
        self.n_features = self.model.num_feature()

    def _watcher(self, rounds: int) -> Any:
        def watch(environment: Any) -> None:
            self.report("trees", environment.iteration + 1, rounds)

        return watch

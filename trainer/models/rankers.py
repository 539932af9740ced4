"""Learning to rank: within each list, risky alerts above the others.

Rankers are found by entry point (group `trainer.rankers`), under the name of the trainer that they replace: `fit --model-type
alert_ranker --model xgboost` trains the ranker registered as `xgboost`. A list is what is ranked together: the alerts of one
network and processing date. A score is the logistic function of the sum over the trees, which keeps the order; it is not a
probability.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from trainer.errors import NotEnoughLabelsError, UsageError, did_you_mean
from trainer.models.base import ModelTrainer
from trainer.models.boosting.contributions import of_lightgbm, of_xgboost
from trainer.models.boosting.lightgbm_parameters import first_names, lightgbm_refusals
from trainer.models.boosting.lightgbm_parameters import try_parameters as try_lightgbm
from trainer.models.boosting.plan import by_first_name, whole, with_threads
from trainer.models.boosting.trial import ROWS, trial_rows
from trainer.models.boosting.xgboost_parameters import ALIASES, require_supported, xgboost_refusals
from trainer.models.boosting.xgboost_parameters import try_parameters as try_xgboost
from trainer.models.files.lightgbm_text import import_lightgbm, read_text, write_text
from trainer.models.files.xgboost_trees import read_trees, write_trees

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models.contributions import Contributions

LONGEST_LIST = 10_000  # LightGBM's limit; a longer list is divided at random into parts no longer than this
RANKING_SCORE = "ranking score"  # unit of a ranker's contributions
LEVELS = 31  # LightGBM's relevance is an integer; a soft label is rounded to the nearest of 0/31 … 31/31


class Ranker(ModelTrainer):
    """Boosted trees with a ranking objective.

    Args:
        hyperparameters: the library's own parameters, which override the defaults; `n_estimators` is the number of trees.
        seed: of all sampling; one seed, one model.
    """

    accepts_missing: ClassVar[bool] = True
    accepts_groups: ClassVar[bool] = True
    ranks: ClassVar[bool] = True

    def __init__(self, hyperparameters: dict[str, Any] | None = None, seed: int = 0) -> None:
        self.hyperparameters = dict(hyperparameters or {})
        self.seed = seed
        self.model: Any = None
        self.n_features: int | None = None

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None, groups: Any = None) -> Any:
        """Fit to X float32 (n, d), relevance y (n,) in [0, 1] and weights (n,).

        Args:
            groups: (n,) the list of each row; None if all rows are one list.

        Raises:
            NotEnoughLabelsError: no list has rows of both classes.
            UsageError: the objective does not rank, or the library refuses the parameters.
        """
        self.model = self.n_features = None  # if this fit fails, the model of an earlier one must not remain
        relevance = np.asarray(y, dtype=np.float32)
        weight = np.ones(len(relevance), np.float32) if sample_weights is None else np.asarray(sample_weights, dtype=np.float32)
        lists = np.zeros(len(relevance), np.int64) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
        order = np.argsort(lists, kind="stable")
        order = order[weight[order] > 0]
        mixed = [one for one in np.unique(lists[order]) if np.ptp(relevance[order][lists[order] == one]) > 0]
        if not mixed:
            raise NotEnoughLabelsError(
                "A ranker needs a list with both risky and benign rows, and every list here has one class only; add labels."
            )
        self._check_objective()
        self.n_features = X.shape[1]
        self.model = self._fit(X.to_numpy(dtype=np.float32)[order], relevance[order], weight[order], lists[order])
        return self.model

    def check_options(self) -> None:
        """Check the parameters before any data is read; see `ModelTrainer.check_options`."""
        self._check_objective()
        self._try_options(*trial_rows())

    def _check_objective(self) -> None:
        objective = self.hyperparameters.get("objective", self._objective)
        if objective not in self._objectives:
            near = did_you_mean(str(objective), self._objectives)
            raise UsageError(
                f"{type(self).__name__} has no objective '{objective}'{near}; choose one of: {', '.join(self._objectives)}."
            )

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return a score float64 (n,) in [0, 1], highest at the top of the list; it is not a probability."""
        from scipy.special import expit

        if self.model is None:
            raise ValueError("The model is not trained.")
        score: np.ndarray = expit(self._margin(X.to_numpy(dtype=np.float32)).astype(np.float64))
        return score

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:  # noqa: ARG002  the trees know theirs
        """Return exact TreeSHAP values of the sum over the trees, which is the ranking score before the logistic function."""
        if self.model is None:
            raise ValueError("The model is not trained.")
        return self._contributions(X.to_numpy(dtype=np.float32))

    _objective: ClassVar[str]
    _objectives: ClassVar[tuple[str, ...]]

    @abstractmethod
    def _contributions(self, X: np.ndarray) -> Contributions:
        """Return the contributions to the sum over the trees."""

    @abstractmethod
    def _try_options(self, X: np.ndarray, relevance: np.ndarray) -> None:
        """Let the library check the parameters on a few rows of one list."""

    @abstractmethod
    def _fit(self, X: np.ndarray, relevance: np.ndarray, weight: np.ndarray, lists: np.ndarray) -> Any:
        """Return the library's model; rows of one list are adjacent."""

    @abstractmethod
    def _margin(self, X: np.ndarray) -> np.ndarray:
        """Return the sum over the trees, (n,)."""


class XGBoostRanker(Ranker):
    """XGBoost's LambdaMART on NDCG (`rank:ndcg`).

    XGBoost takes a weight per list, not per row. A row's weight scales its gain instead (label × weight): a risky row of half
    the weight is worth half. The weight of a benign row has no effect, unless it is 0: then the row is dropped.
    Each row is paired with 32 others of its list, drawn at random (`lambdarank_num_pair_per_sample`), so that the cost of a
    list grows with its length and not with the square of it.
    """

    suffix: ClassVar[str] = ".ubj"
    _objective: ClassVar[str] = "rank:ndcg"
    _objectives: ClassVar[tuple[str, ...]] = ("rank:ndcg", "rank:pairwise")
    defaults: ClassVar[dict[str, Any]] = {
        "objective": "rank:ndcg",
        "lambdarank_pair_method": "mean",
        "lambdarank_num_pair_per_sample": 32,
        "lambdarank_normalization": False,  # normalised per list, the gradients of a long list stay below what a leaf needs
        "ndcg_exp_gain": False,
        "tree_method": "hist",
        "max_depth": 6,
        "learning_rate": 0.1,
        "subsample": 0.8,
        "colsample_bytree": 0.8,
        "n_estimators": 100,
    }

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

    def _parameters(self) -> tuple[dict[str, Any], int]:
        """Return the parameters, and the number of trees."""
        parameters = self.defaults | by_first_name(self.hyperparameters, ALIASES)
        require_supported(parameters)
        rounds = whole("n_estimators", parameters.pop("n_estimators"))
        return parameters, rounds

    def _try_options(self, X: np.ndarray, relevance: np.ndarray) -> None:
        try_xgboost(self._parameters()[0], X, relevance, np.zeros(len(X)))

    def _fit(self, X: np.ndarray, relevance: np.ndarray, weight: np.ndarray, lists: np.ndarray) -> Any:
        import xgboost

        parameters, rounds = self._parameters()
        parameters = with_threads(parameters, "xgboost", X) | {"seed": self.seed}
        data = xgboost.QuantileDMatrix(X, relevance * weight, qid=lists)
        with xgboost_refusals():
            return xgboost.train(parameters, data, num_boost_round=rounds)

    def _margin(self, X: np.ndarray) -> np.ndarray:
        margin: np.ndarray = self.model.inplace_predict(X, predict_type="margin", validate_features=False)
        return margin

    def _contributions(self, X: np.ndarray) -> Contributions:
        return of_xgboost(self.model, X, RANKING_SCORE)


class LightGBMRanker(Ranker):
    """LightGBM's LambdaMART on NDCG (`lambdarank`), with sample weights.

    LightGBM takes lists of at most 10,000 rows: a longer one is divided at random (by the seed) into parts that are ranked each.
    """

    suffix: ClassVar[str] = ".txt"
    _objective: ClassVar[str] = "lambdarank"
    _objectives: ClassVar[tuple[str, ...]] = ("lambdarank", "rank_xendcg")
    defaults: ClassVar[dict[str, Any]] = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": 100,
        "num_leaves": 31,
        "learning_rate": 0.1,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "n_estimators": 100,
        "label_gain": list(range(LEVELS + 1)),
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }

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

    def _parameters(self) -> tuple[dict[str, Any], int]:
        """Return the parameters, and the number of trees."""
        parameters = first_names(self.defaults) | first_names(self.hyperparameters)
        rounds = whole("num_iterations", parameters.pop("num_iterations"))
        return parameters, rounds

    def _try_options(self, X: np.ndarray, relevance: np.ndarray) -> None:
        try_lightgbm(self._parameters()[0], X, relevance, [ROWS])

    def _fit(self, X: np.ndarray, relevance: np.ndarray, weight: np.ndarray, lists: np.ndarray) -> Any:
        lightgbm = import_lightgbm()
        parameters, rounds = self._parameters()
        parameters = with_threads(parameters, "lightgbm", X) | {"seed": self.seed}
        order, sizes = in_parts(lists, LONGEST_LIST, self.seed)
        levels = np.rint(relevance[order] * LEVELS).astype(np.int32)
        data = lightgbm.Dataset(X[order], levels, weight=weight[order], group=sizes, params={"verbose": -1})
        with lightgbm_refusals():
            return lightgbm.train(parameters, data, num_boost_round=rounds)

    def _margin(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.model.predict(X, raw_score=True))

    def _contributions(self, X: np.ndarray) -> Contributions:
        return of_lightgbm(self.model, X, RANKING_SCORE)


def in_parts(lists: np.ndarray, longest: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return row numbers (n,) list by list, and the lists' sizes; a list above `longest` is divided at random."""
    generator = np.random.default_rng(seed)
    order, sizes = [], []
    for one in np.unique(lists):
        rows = np.flatnonzero(lists == one)
        parts = -(-len(rows) // longest)
        if parts > 1:
            rows = generator.permutation(rows)
        for part in np.array_split(rows, parts):
            order.append(np.sort(part))
            sizes.append(len(part))
    return np.concatenate(order), np.array(sizes)

"""Trainers that learn an order: each list's risky alerts nearer its top than the others.

They are found by entry point (group `trainer.rankers`) under the name of the trainer they stand for: `fit --model-type
alert_ranker --model xgboost` trains the ranker registered as `xgboost`. A list is what is ranked together: the alerts of one
network and processing date. A score is the logistic function of the trees' sum, which keeps their order; it is no probability.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from trainer.errors import NotEnoughLabelsError, UsageError
from trainer.models.base import ModelTrainer
from trainer.models.boosting.plan import by_one_name, whole, with_threads
from trainer.models.files.lightgbm_text import library, named, read_text, write_text
from trainer.models.files.lightgbm_text import refusals as lightgbm_refusals
from trainer.models.files.xgboost_trees import ALIASES, read_trees, refuse_unchecked, write_trees
from trainer.models.files.xgboost_trees import refusals as xgboost_refusals

if TYPE_CHECKING:
    import pandas as pd

LONGEST_LIST = 10_000  # of LightGBM; a longer list is ranked in random parts of at most this length
LEVELS = 31  # LightGBM's relevance is a level; a soft label becomes the nearest of so many


class Ranker(ModelTrainer):
    """Boosted trees on a ranking objective.

    Args:
        hyperparameters: the library's own parameters, over the defaults; `n_estimators` is the number of trees.
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
        """Fit to X float32 (n, d), y (n,) in [0, 1] and weights (n,); `groups` (n,) says which rows are one list, None: all.

        Raises:
            NotEnoughLabelsError: no list has rows of both kinds, so that there is nothing to put before anything.
            UsageError: the library refuses its parameters.
        """
        self.model = self.n_features = None  # what an earlier fit left must not answer for one that fails
        relevance = np.asarray(y, dtype=np.float32)
        weight = np.ones(len(relevance), np.float32) if sample_weights is None else np.asarray(sample_weights, dtype=np.float32)
        lists = np.zeros(len(relevance), np.int64) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
        order = np.argsort(lists, kind="stable")
        order = order[weight[order] > 0]
        mixed = [one for one in np.unique(lists[order]) if np.ptp(relevance[order][lists[order] == one]) > 0]
        if not mixed:
            raise NotEnoughLabelsError(
                "A ranker needs a list with both risky and benign rows; every list here has one kind only."
            )
        objective = self.hyperparameters.get("objective", self._objective)
        if objective not in self._objectives:
            raise UsageError(f"{type(self).__name__} ranks by {', '.join(self._objectives)}, not by '{objective}'.")
        self.n_features = X.shape[1]
        self.model = self._fit(X.to_numpy(dtype=np.float32)[order], relevance[order], weight[order], lists[order])
        return self.model

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return a score in [0, 1], (n,): the higher, the nearer the top. It is no probability."""
        from scipy.special import expit

        if self.model is None:
            raise ValueError("The model is not trained.")
        score: np.ndarray = expit(self._margin(X.to_numpy(dtype=np.float32)).astype(np.float64))
        return score

    _objective: ClassVar[str]
    _objectives: ClassVar[tuple[str, ...]]

    @abstractmethod
    def _fit(self, X: np.ndarray, relevance: np.ndarray, weight: np.ndarray, lists: np.ndarray) -> Any:
        """Return the library's model; rows of one list stand together."""

    @abstractmethod
    def _margin(self, X: np.ndarray) -> np.ndarray:
        """Return the sum over the trees, (n,)."""


class XGBoostRanker(Ranker):
    """XGBoost's LambdaMART on NDCG (`rank:ndcg`).

    XGBoost weighs lists, not rows: a row's confidence is its gain instead (label × weight), so that a risky row that is
    believed half is worth half; how far a benign row is believed does not count, unless it is not at all (weight 0).
    Each row is compared with 32 others of its list, drawn at random (`lambdarank_num_pair_per_sample`), so that the cost of a
    list grows with its length and not with its square.
    """

    suffix: ClassVar[str] = ".ubj"
    _objective: ClassVar[str] = "rank:ndcg"
    _objectives: ClassVar[tuple[str, ...]] = ("rank:ndcg", "rank:pairwise")
    defaults: ClassVar[dict[str, Any]] = {
        "objective": "rank:ndcg",
        "lambdarank_pair_method": "mean",
        "lambdarank_num_pair_per_sample": 32,
        "lambdarank_normalization": False,  # divided by its list's, a long list's gradient stays below what a leaf needs
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
        """Read UBJSON trees.

        Raises:
            ArtifactError: the file is not one, or its trees point outside themselves.
        """
        self.model = read_trees(path)
        self.n_features = self.model.num_features()

    def _fit(self, X: np.ndarray, relevance: np.ndarray, weight: np.ndarray, lists: np.ndarray) -> Any:
        import xgboost

        parameters = with_threads(self.defaults | by_one_name(self.hyperparameters, ALIASES), "xgboost", X) | {"seed": self.seed}
        refuse_unchecked(parameters)
        rounds = whole("n_estimators", parameters.pop("n_estimators"))
        data = xgboost.QuantileDMatrix(X, relevance * weight, qid=lists)
        with xgboost_refusals():
            return xgboost.train(parameters, data, num_boost_round=rounds)

    def _margin(self, X: np.ndarray) -> np.ndarray:
        margin: np.ndarray = self.model.inplace_predict(X, predict_type="margin", validate_features=False)
        return margin


class LightGBMRanker(Ranker):
    """LightGBM's LambdaMART on NDCG (`lambdarank`), rows weighted by their confidence.

    LightGBM takes no list above 10,000 rows: a longer one is divided at random (by the seed) into parts, each of which is ranked.
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
            ArtifactError: the file is not one, or its trees point outside themselves.
        """
        self.model = read_text(path)
        self.n_features = self.model.num_feature()

    def _fit(self, X: np.ndarray, relevance: np.ndarray, weight: np.ndarray, lists: np.ndarray) -> Any:
        lightgbm = library()
        parameters = with_threads(named(self.defaults) | named(self.hyperparameters), "lightgbm", X) | {"seed": self.seed}
        rounds = whole("num_iterations", parameters.pop("num_iterations"))
        order, sizes = in_parts(lists, LONGEST_LIST, self.seed)
        levels = np.rint(relevance[order] * LEVELS).astype(np.int32)
        data = lightgbm.Dataset(X[order], levels, weight=weight[order], group=sizes, params={"verbose": -1})
        with lightgbm_refusals():
            return lightgbm.train(parameters, data, num_boost_round=rounds)

    def _margin(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.model.predict(X, raw_score=True))


def in_parts(lists: np.ndarray, longest: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows in an order, and the sizes of the lists in it: those longer than `longest` in random parts of like size."""
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

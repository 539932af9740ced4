"""What a trainer is. A class written after the miner's guide is one once it derives from `ModelTrainer`."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class ModelTrainer(ABC):
    """A model that can be trained, asked, saved and loaded.

    Class attributes:
        suffix: of the file that `save` writes.
        accepts_missing: whether X may hold NaN; a trainer that does not say so gets missing values filled with the medians
            of the training rows.
        accepts_groups: whether `train` takes a fourth argument `groups` (n,), equal for rows of one address, so that what it
            holds back of its rows (to stop early, to weigh members) shares no address with what it fits.
        search_space: what `trainer tune` may try: {name: {"type": "int" | "float", "low": …, "high": …, "log": True} or
            {"type": "categorical", "choices": […]}}. A name is what `fit --param name=value` accepts.

    Attributes:
        progress: called with (what, done, total) while `train` works, where someone watches.
        n_features: how many columns the trained model takes, where it knows; a loaded model that disagrees with its
            model.json is refused.

    The constructor's arguments are kept as attributes of the same names, so that they can be recorded with the model. `train`
    starts afresh each time: what an earlier `train` left has no effect.
    """

    suffix: ClassVar[str] = ".model"
    accepts_missing: ClassVar[bool] = False
    accepts_groups: ClassVar[bool] = False
    search_space: ClassVar[dict[str, dict[str, Any]]] = {}

    progress: Callable[[str, int, int], None] | None = None
    n_features: int | None = None

    @abstractmethod
    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        """Fit to X float32 (n, d), y (n,) in [0, 1] and, where given, weights (n,).

        Raises:
            NotEnoughLabelsError: the rows that count have one label only (`trainer.models.rows.require_both_classes`).
        """

    @abstractmethod
    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky) in [0, 1], (n,), for X (n, d) with the columns of `train` in their order.

        A saved model is asked through `trainer.registry.artifact`, which knows the columns' names and refuses another order.
        """

    @abstractmethod
    def save(self, path: str) -> None:
        """Write the trained model to the file `path`, in a form that `load` reads without running stored code."""

    @abstractmethod
    def load(self, path: str) -> None:
        """Read what `save` wrote; the constructor was given the same arguments."""

    def evaluate(self, X: pd.DataFrame, y: pd.Series) -> dict[str, float]:
        """Return auc, average_precision, brier and log_loss on rows that were not trained on."""
        import numpy as np

        from trainer.evaluation import metrics

        return metrics(np.asarray(y, dtype=np.float64), np.asarray(self.predict(X)))

    def options(self) -> dict[str, Any]:
        """Return the constructor's arguments as they are now: what is needed to build the same trainer again."""
        parameters = inspect.signature(type(self).__init__).parameters
        return {name: getattr(self, name) for name in parameters if name != "self" and hasattr(self, name)}

    def report(self, what: str, done: int, total: int) -> None:
        """Tell whoever watches how far `train` is."""
        if self.progress is not None:
            self.progress(what, done, total)

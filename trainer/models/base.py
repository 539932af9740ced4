"""The base class of trainers. A class written after the miner's guide becomes a trainer by deriving from it."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from trainer.shown import Shown

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from trainer.models.contributions import Contributions


class ModelTrainer(Shown):
    """A model that can be trained, saved and loaded, and that predicts probabilities.

    The constructor must keep its arguments as attributes of the same names: they are recorded with the model. `train` must
    start afresh: an earlier `train` has no effect on it.

    Class attributes:
        suffix: of the file that `save` writes.
        accepts_missing: whether X may hold NaN; if False, missing values are filled with the medians of the training rows.
        accepts_groups: whether `train` takes a fourth argument `groups` (n,), equal for rows of one address, so that rows held
            out within `train` (for early stopping, for the weights of members) share no address with the rows fitted.
        is_baseline: whether it only shows what other models add; `latest` never means a baseline.
        search_space: what `trainer tune` searches: {name: {"type": "int" | "float", "low": …, "high": …, "log": True} or
            {"type": "categorical", "choices": […]}}. A name is a parameter of `fit --param name=value`.

    Attributes:
        progress: called with (what, done, total) during `train`; None if nothing shows progress.
        n_features: number of columns of the trained model, if known; a loaded model whose model.json has another number
            is refused.
    """

    suffix: ClassVar[str] = ".model"
    accepts_missing: ClassVar[bool] = False
    accepts_groups: ClassVar[bool] = False
    is_baseline: ClassVar[bool] = False
    search_space: ClassVar[dict[str, dict[str, Any]]] = {}

    progress: Callable[[str, int, int], None] | None = None
    n_features: int | None = None

    @abstractmethod
    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        """Fit to X float32 (n, d), y (n,) in [0, 1] and, if given, weights (n,), not negative.

        Raises:
            NotEnoughLabelsError: all rows with a weight above 0 have the same label (`trainer.models.training_rows` checks it).
        """

    @abstractmethod
    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return P(risky) in [0, 1], (n,), for X (n, d) with the columns of `train` in the same order.

        `trainer predict` passes a block of rows at a time, so the probability of a row must not depend on the others.

        Saved models predict through `trainer.registry.artifact`, which knows the names of the columns and refuses another order.
        """

    @abstractmethod
    def save(self, path: str) -> None:
        """Write the trained model to the file `path`, in a format that `load` reads without running stored code."""

    @abstractmethod
    def load(self, path: str) -> None:
        """Read the model that `save` wrote; this trainer was constructed with the same arguments."""

    def check_options(self) -> None:
        """Check the options before any data is read; a trainer without a method of its own is not checked.

        Raises:
            UsageError: `train` would refuse an option, whatever the data.
        """

    def evaluate(self, X: pd.DataFrame, y: pd.Series) -> dict[str, float]:
        """Return auc, average_precision, brier and log_loss on X (n, d) and y (n,), which must not be training rows."""
        import numpy as np

        from trainer.evaluation import metrics

        return metrics(np.asarray(y, dtype=np.float64), np.asarray(self.predict(X)))

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:
        """Return how much each column moves the raw score of each row of X (n, d); optional.

        Without a method of its own, a trainer's contributions are estimated from its predictions, which takes some thousand
        of them per row. An own method ends in `trainer.models.Contributions.of(values, base, raw, unit, method)`: base and values
        of a row must add up to its raw score, and where the unit is `log-odds`, the sigmoid of that is what `predict` returns.

        Args:
            X: the rows to explain, columns and missing values as for `predict`.
            background: (m, d), m ≥ 1, rows that stand for the average; a method that needs none ignores them.

        Raises:
            UsageError: the trainer has no method of its own, and X more than 1000 rows.
        """
        from trainer.models.contributions import sampled_contributions

        return sampled_contributions(self, X, background)

    def options(self) -> dict[str, Any]:
        """Return the constructor's arguments and their current values, from which the same trainer can be built again."""
        parameters = inspect.signature(type(self).__init__).parameters
        return {name: getattr(self, name) for name in parameters if name != "self" and hasattr(self, name)}

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows: the options that are not the defaults, and the number of columns of a trained model."""
        defaults = inspect.signature(type(self).__init__).parameters
        shown = {name: value for name, value in self.options().items() if not _is_default(value, defaults[name].default)}
        return shown | ({} if self.n_features is None else {"n_features": self.n_features})

    def report(self, what: str, done: int, total: int) -> None:
        """Report the progress of `train`: `done` of `total` steps of `what`."""
        if self.progress is not None:
            self.progress(what, done, total)


def _is_default(value: object, default: object) -> bool:
    if isinstance(value, dict | list):
        return default is None and not value
    return value is default or (isinstance(value, bool | int | float | str) and value == default)

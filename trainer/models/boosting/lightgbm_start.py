"""What LightGBM starts from: bins and a first score, its own in one process, and the same in all where several fit together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.models.boosting.together import summed_loss
from trainer.models.files.lightgbm_text import import_lightgbm
from trainer.models.rows import Rows

BIN_ROWS = 200_000  # LightGBM's default of bin_construct_sample_cnt


@dataclass(frozen=True)
class Start:
    """What a fit starts from.

    Attributes:
        bins: a `lightgbm.Dataset` whose bins to take; None makes them of the rows.
        score: log-odds that all rows start from; None leaves them to LightGBM.
        loss: a loss to stop by instead of LightGBM's metric, as `feval` of `lightgbm.train`.
    """

    bins: Any = None
    score: float | None = None
    loss: Callable[[np.ndarray, Any], tuple[str, float, bool]] | None = None

    def dataset(self, rows: Rows, bins: Any = None) -> Any:
        """Return rows as a `lightgbm.Dataset`, with the bins of another one if that is given."""
        first = None if self.score is None else np.full(len(rows), self.score)
        reference = self.bins if bins is None else bins
        return import_lightgbm().Dataset(rows.X, rows.y, weight=rows.weight, reference=reference, init_score=first)

    def added_to(self, model: Any) -> Any:
        """Return a model whose first tree has the score that its rows started from, as LightGBM adds its own."""
        if self.score is not None:
            leaves = model.dump_model(num_iteration=1)["tree_info"][0]["num_leaves"]
            for leaf in range(leaves):
                model.set_leaf_output(0, leaf, model.get_leaf_output(0, leaf) + self.score)
        return model


ALONE = Start()


def start_of(parameters: dict[str, Any], mean: float, sample: np.ndarray | None) -> Start:
    """Return what several processes start from together.

    Args:
        parameters: LightGBM's, under their first names.
        mean: of the labels of all rows to fit.
        sample: (s, d) to make bins of.
    """
    bins = None
    if sample is not None:
        bins = import_lightgbm().Dataset(sample, np.zeros(len(sample)), params=parameters).construct()
    # Trees of a random forest are averaged, so that each has a first score.
    is_own = parameters.get("boosting") in ("rf", "random_forest") or not parameters.get("boost_from_average", True)
    score = None if is_own else math.log(mean / (1 - mean)) / float(parameters.get("sigmoid", 1.0))
    return Start(bins, score, summed_loss)

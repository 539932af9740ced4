"""Contributions of an ensemble: the weighted sum of its members', because it averages their log-odds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trainer.models.contributions import LOG_ODDS, Contributions, sampled_contributions
from trainer.models.fitting import fill_missing

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models.base import ModelTrainer


def of_members(
    members: Sequence[tuple[ModelTrainer, np.ndarray | None]],
    weights: np.ndarray,
    intercept: float,
    X: pd.DataFrame,
    background: pd.DataFrame,
    raw: np.ndarray,
) -> Contributions:
    """Return contributions of X (n, d) to the log-odds `raw` (n,): intercept + sum of weight × the members' log-odds.

    The remainder, which is spread over the row, has two causes: the ensemble clips a member's probabilities to [1e-6, 1 - 1e-6],
    and some members return them in single precision. A member whose raw score is not in log-odds is sampled.

    Args:
        members: the fitted models, each with the medians (d,) that impute missing values for it, if any.
        weights: (k,), one for each model.
    """
    values, base, methods = np.zeros(X.shape), np.full(len(X), intercept), []
    for (trainer, medians), weight in zip(members, weights, strict=True):
        frame, others = (one if medians is None else fill_missing(one, medians) for one in (X, background))
        found = trainer.contributions(frame, others)
        if found.unit != LOG_ODDS:
            found = sampled_contributions(trainer, frame, others)
        values += weight * found.values
        base += weight * found.base
        methods.append(found.method)
    method = f"Weighted sum of the members' contributions. {' '.join(dict.fromkeys(methods))}"
    same = float(base[0]) if len(base) and np.ptp(base) == 0 else base
    return Contributions.of(values, same, raw, LOG_ODDS, method)

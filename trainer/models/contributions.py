"""Contributions: how much each column moves a model's raw score away from its base, row by row.

For every row the base and the contributions add up to the raw score. Where a method leaves a remainder (numbers in single
precision, an integral by quadrature), it is spread over the row in proportion to the contributions, and `error` states how large
it was. A contribution tells what the model does with a value; it is not a cause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models.base import ModelTrainer

LOG_ODDS = "log-odds"
PERMUTATIONS = 16  # per row; pairs of an order and its reverse
SAMPLED_ROWS = 1000  # most rows explained by sampling: a row takes PERMUTATIONS × (d + 1) predictions
CELLS = 20_000_000  # of the matrix that a trainer predicts at once


@dataclass(frozen=True)
class Contributions:
    """What moves the raw scores of n rows.

    Attributes:
        values: float64 (n, d), of each column of the model.
        base: the raw score that all contributions start from; (n,) where it differs from row to row.
        raw: float64 (n,): base + sum of the row's values, to 1e-6.
        unit: of values, base and raw: `log-odds` where the sigmoid of raw is the probability that the trainer predicts.
        method: how they were computed, one sentence.
        error: the largest |raw - base - sum of the values| before the remainder was spread over the row.
    """

    values: np.ndarray
    base: float | np.ndarray
    raw: np.ndarray
    unit: str
    method: str
    error: float

    @classmethod
    def of(cls, values: np.ndarray, base: float | np.ndarray, raw: np.ndarray, unit: str, method: str) -> Contributions:
        """Return contributions (n, d) that add up to the raw scores (n,), their remainder spread over each row."""
        values, raw = np.array(values, dtype=np.float64), np.asarray(raw, dtype=np.float64)
        remainder = raw - base - values.sum(axis=1)
        error = float(np.abs(remainder).max(initial=0.0))
        size = np.abs(values)
        total = size.sum(axis=1, keepdims=True)
        equal = np.full(values.shape, 1 / max(values.shape[1], 1))
        share = np.divide(size, total, out=equal, where=total > 0)
        return cls(values + remainder[:, None] * share, base, raw, unit, method, error)


def sampled_contributions(trainer: ModelTrainer, X: pd.DataFrame, background: pd.DataFrame, seed: int = 0) -> Contributions:
    """Return Shapley values of the log-odds that any trainer predicts, estimated from random orders of the columns.

    A row of the background turns into the explained row one column at a time; what a column changes is its contribution, averaged
    over orders and rows of the background (Štrumbelj and Kononenko 2014). Orders come in pairs, one the reverse of the other
    (Mitchell et al. 2022). The steps of an order add up exactly to the difference between the two rows.

    Args:
        X: (n, d), at most 1000 rows.
        background: (m, d), what the rows are compared with.

    Raises:
        UsageError: X has too many rows for this method.
    """
    if len(X) > SAMPLED_ROWS:
        raise UsageError(
            f"{type(trainer).__name__} has no method `contributions`, and without it at most {SAMPLED_ROWS} rows can be "
            f"explained, not {len(X)}: explain fewer (--top), or add the method to the class (see `ModelTrainer.contributions`)."
        )
    rows, (orders, others) = np.asarray(X, dtype=np.float32), _orders(background, seed)
    place, d = np.argsort(orders, axis=1), X.shape[1]
    # A mask per order and step: the columns that already are the explained row's.
    is_own = np.arange(d + 1)[None, :, None] > place[:, None, :]

    def odds(matrix: np.ndarray) -> np.ndarray:
        return _predicted_odds(trainer, matrix, X.columns)

    sampled = np.empty((len(rows), PERMUTATIONS, d))
    for row, own in enumerate(rows):
        steps = odds(np.where(is_own, own, others[:, None, :]).reshape(-1, d)).reshape(PERMUTATIONS, d + 1)
        sampled[row] = np.take_along_axis(np.diff(steps, axis=1), place, axis=1)
    noise = float((sampled.std(axis=1, ddof=1) / np.sqrt(PERMUTATIONS)).max(initial=0.0))
    method = (
        f"Shapley values estimated from {PERMUTATIONS} orders of the columns, against rows of the snapshot; the standard "
        f"error of a contribution is at most {noise:.2g}."
    )
    base = float(odds(others).mean())
    return Contributions.of(sampled.mean(axis=1), base, odds(rows), LOG_ODDS, method)


def _orders(background: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random orders (PERMUTATIONS, d) of the columns, each with its reverse, and the row that each starts from."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(background), size=PERMUTATIONS // 2)
    others = np.asarray(background, dtype=np.float32)[chosen].repeat(2, axis=0)
    orders = (rng.permutation(background.shape[1]) for _ in range(PERMUTATIONS // 2))
    return np.concatenate([[order, order[::-1]] for order in orders]), others


def in_chunks(rows: int, size: int, function: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Return the results of a function for the slices of `rows` rows, at most `size` each, one after the other."""
    parts = [function(slice(start, start + size)) for start in range(0, rows, size)]
    return np.concatenate(parts) if parts else function(slice(0, 0))


def _predicted_odds(trainer: ModelTrainer, matrix: np.ndarray, columns: pd.Index) -> np.ndarray:
    import pandas as pd

    from trainer.models.baselines.linear import log_odds
    from trainer.models.fitting import checked_predict

    def part(rows: slice) -> np.ndarray:
        return checked_predict(trainer, pd.DataFrame(matrix[rows], columns=columns), None)

    return log_odds(in_chunks(len(matrix), max(1, CELLS // max(1, matrix.shape[1])), part))

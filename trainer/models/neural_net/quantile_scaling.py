"""Columns of any scale as normal scores: a table of quantiles that is saved as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.errors import ArtifactError

QUANTILES = 1000
ROWS = 200_000  # with more, the quantiles are those of a sample
NAMES = tuple(f"scaling.{name}" for name in ("n_columns", "scored", "flagged", "counts", "values", "scores"))
BOUND = 10.0  # no score is beyond: half of one row in 10²³ would have it
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class QuantileScaling:
    """What turns X float32 (n, d) into scores (n, c) and flags of missing values (n, m).

    A column that has two values in training becomes its normal scores, the inverse of the normal distribution at the value's
    mid-rank (https://en.wikipedia.org/wiki/Normal_score), interpolated between known quantiles and clamped outside of them;
    a missing value gets 0, the median. A column with missing and known values gets a flag. Other columns say nothing.

    Attributes:
        n_columns: d.
        scored, flagged: int64 (c,) and (m,), which columns they are.
        counts: int64 (c,), how many of a row of `values` are in use.
        values, scores: float64 (c, q), quantiles ascending and the score of each; the rest is 0.
    """

    n_columns: int
    scored: np.ndarray
    flagged: np.ndarray
    counts: np.ndarray
    values: np.ndarray
    scores: np.ndarray

    @classmethod
    def fit(cls, X: np.ndarray, rng: np.random.Generator) -> QuantileScaling:
        """Return the scaling of X (n, d)."""
        if len(X) > ROWS:
            X = X[np.sort(rng.choice(len(X), ROWS, replace=False))]
        missing = np.isnan(X)
        tables = {column: _table(_bounded(X[~missing[:, column], column])) for column in range(X.shape[1])}
        tables = {column: table for column, table in tables.items() if table[0].size > 1}
        counts = np.array([values.size for values, _ in tables.values()], dtype=np.int64)
        padded = np.zeros((2, len(tables), int(counts.max(initial=0))))
        for row, table in enumerate(tables.values()):
            padded[:, row, : counts[row]] = table
        share = missing.mean(axis=0)
        return cls(
            X.shape[1],
            np.array(list(tables), dtype=np.int64),
            np.flatnonzero((share > 0) & (share < 1)).astype(np.int64),
            counts,
            *padded,
        )

    def transform(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return scores float32 (n, c) and flags int64 (n, m), finite whatever X holds."""
        scores = np.zeros((len(X), self.scored.size), dtype=np.float32)
        for row, (column, count) in enumerate(zip(self.scored, self.counts, strict=True)):
            known = ~np.isnan(X[:, column])
            scores[known, row] = np.interp(_bounded(X[known, column]), self.values[row, :count], self.scores[row, :count])
        return scores, np.isnan(X[:, self.flagged]).astype(np.int64)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by the names they are saved under."""
        n_columns = np.array([self.n_columns], dtype=np.int64)
        return dict(zip(NAMES, (n_columns, self.scored, self.flagged, self.counts, self.values, self.scores), strict=True))

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> QuantileScaling:
        """Return the scaling that `arrays` was called on.

        Raises:
            ArtifactError: these cannot be such arrays.
        """
        if different := sorted(set(NAMES) ^ arrays.keys()):
            raise ArtifactError(f"{different[0]} is missing or has no place in it")
        *whole, values, scores = (arrays[name] for name in NAMES)
        tables = [values, scores]
        n_columns, scored, flagged, counts = whole
        if any(array.dtype != np.int64 or array.ndim != 1 for array in whole) or n_columns.size != 1:
            raise ArtifactError("its columns are no lists of whole numbers")
        if any(array.dtype != np.float64 or array.ndim != 2 or not np.isfinite(array).all() for array in tables):
            raise ArtifactError("its quantiles are no table of finite numbers")
        width = tables[0].shape[1]
        if tables[1].shape != tables[0].shape or not scored.size == counts.size == len(tables[0]) or not _ascend(scored, flagged):
            raise ArtifactError("its quantiles do not go with its columns")
        if any(array.size and (array.min() < 0 or array.max() >= n_columns[0]) for array in (scored, flagged)):
            raise ArtifactError("it has columns that it does not have")
        if counts.size and (counts.min() < 2 or counts.max() > width):
            raise ArtifactError("it has quantiles that it does not have")
        if not all(_ascend(row[:count]) for table in tables for row, count in zip(table, counts, strict=True)):
            raise ArtifactError("its quantiles do not ascend")
        if np.abs(scores).max(initial=0) > BOUND:
            raise ArtifactError("its scores are beyond what a rank can get")
        return cls(int(n_columns[0]), scored, flagged, counts, *tables)


def _bounded(values: np.ndarray) -> np.ndarray:
    """Return float64 with the infinite as the largest numbers, which is all that a rank asks of them."""
    return np.clip(values.astype(np.float64), -LARGEST, LARGEST)


def _table(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return distinct quantiles (q,) of values (n,) and the normal scores (q,) of their mid-ranks."""
    from scipy.special import ndtri

    ordered = np.sort(values)
    known = np.unique(ordered)
    if known.size > QUANTILES:
        known = np.unique(ordered[np.linspace(0, ordered.size - 1, QUANTILES).round().astype(np.int64)])
    ranks = (np.searchsorted(ordered, known, "left") + np.searchsorted(ordered, known, "right")) / 2
    return known, ndtri(ranks / max(ordered.size, 1))


def _ascend(*arrays: np.ndarray) -> bool:
    return all(bool((np.diff(array) > 0).all()) for array in arrays)

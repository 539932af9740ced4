"""What a neural network reads of a table: normal scores of columns and flags of missing values, saved as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.errors import ArtifactError
from trainer.models.in_file import new_matrix
from trainer.models.quantiles import clip_infinite, interpolate, normal_score, quantile_table, sample_rows

BLOCK = 65_536  # rows that are transformed at once
QUANTILES = 1000  # distinct values kept of each column, at most
NAMES = tuple(f"scaling.{name}" for name in ("n_columns", "scored", "flagged", "counts", "values", "scores"))
BOUND = 10.0  # no score is larger: that of half a row in 10²³


@dataclass(frozen=True)
class InputScaling:
    """Turns X float32 (n, d) into normal scores (n, c) and flags of missing values (n, m).

    A column with at least two values in training becomes normal scores: those of the mid-ranks of known quantiles, interpolated
    between them and constant outside (`trainer.models.quantiles`). A missing value gets 0, the median. A column with both missing
    and known values gets a flag. Other columns carry no information and are dropped.

    Attributes:
        n_columns: d.
        scored: int64 (c,), the columns that become scores.
        flagged: int64 (m,), the columns that have a flag.
        counts: int64 (c,), number of quantiles of each scored column.
        values: float64 (c, q), quantiles ascending, padded with 0.
        scores: float64 (c, q), the normal score of each quantile, padded with 0.
    """

    n_columns: int
    scored: np.ndarray
    flagged: np.ndarray
    counts: np.ndarray
    values: np.ndarray
    scores: np.ndarray

    @classmethod
    def fit(cls, X: np.ndarray, rng: np.random.Generator) -> InputScaling:
        """Return the scaling of X float32 (n, d), NaN where missing; `rng` draws the sample of rows if there are many."""
        X = sample_rows(X, rng)
        missing = np.isnan(X)
        tables = {column: _table(X[~missing[:, column], column]) for column in range(X.shape[1])}
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
        """Return scores float32 (n, c), always finite, and flags uint8 (n, m) of X float32 (n, d): by rows, in files if large."""
        scores = new_matrix(len(X), self.scored.size, "C")
        flags = new_matrix(len(X), self.flagged.size, "C", np.uint8)
        for start in range(0, len(X), BLOCK):
            rows = slice(start, start + BLOCK)
            scores[rows] = self._scores_of(X[rows])
            flags[rows] = np.isnan(X[rows, self.flagged])
        return scores, flags

    def _scores_of(self, X: np.ndarray) -> np.ndarray:
        scores = np.zeros((len(X), self.scored.size), dtype=np.float32)
        for row, (column, count) in enumerate(zip(self.scored, self.counts, strict=True)):
            known = ~np.isnan(X[:, column])
            table = (self.values[row, :count], self.scores[row, :count])
            scores[known, row] = interpolate(clip_infinite(X[known, column]), *table, repeated=False)
        return scores

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays under the names that they are saved by."""
        n_columns = np.array([self.n_columns], dtype=np.int64)
        return dict(zip(NAMES, (n_columns, self.scored, self.flagged, self.counts, self.values, self.scores), strict=True))

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> InputScaling:
        """Return the scaling whose `arrays` these are.

        Raises:
            ArtifactError: a name is missing or unknown, or an array has a type, shape or value that no scaling has.
        """
        if different := sorted(set(NAMES) ^ arrays.keys()):
            raise ArtifactError(f"{different[0]} is missing or unknown")
        *whole, values, scores = (arrays[name] for name in NAMES)
        tables = [values, scores]
        n_columns, scored, flagged, counts = whole
        if any(array.dtype != np.int64 or array.ndim != 1 for array in whole) or n_columns.size != 1:
            raise ArtifactError("its columns are not lists of whole numbers")
        if any(array.dtype != np.float64 or array.ndim != 2 or not np.isfinite(array).all() for array in tables):
            raise ArtifactError("its quantiles are not a table of finite numbers")
        width = tables[0].shape[1]
        if tables[1].shape != tables[0].shape or not scored.size == counts.size == len(tables[0]) or not _ascend(scored, flagged):
            raise ArtifactError("its quantiles do not match its columns")
        if any(array.size and (array.min() < 0 or array.max() >= n_columns[0]) for array in (scored, flagged)):
            raise ArtifactError("a column number is out of range")
        if counts.size and (counts.min() < 2 or counts.max() > width):
            raise ArtifactError("a number of quantiles is out of range")
        if not all(_ascend(row[:count]) for table in tables for row, count in zip(table, counts, strict=True)):
            raise ArtifactError("its quantiles do not ascend")
        if np.abs(scores).max(initial=0) > BOUND:
            raise ArtifactError(f"a normal score is beyond ±{BOUND:g}")
        return cls(int(n_columns[0]), scored, flagged, counts, *tables)


def _table(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return distinct quantiles (q,) of a column's known values (n,) and the normal score of each (q,)."""
    quantiles, ranks = quantile_table(clip_infinite(column), QUANTILES, distinct=True)
    return quantiles, normal_score(ranks)


def _ascend(*arrays: np.ndarray) -> bool:
    return all(bool((np.diff(array) > 0).all()) for array in arrays)

"""Small tables to test trainers on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Table:
    """Rows to train on: X float32 (n, d), y and weight float32 (n,), groups int64 (n,), two rows per address."""

    X: pd.DataFrame
    y: pd.Series
    weight: pd.Series
    groups: np.ndarray

    def with_(self, **changes: Any) -> Table:
        """Return the table with the given attributes replaced."""
        series = {name: pd.Series(np.asarray(value, np.float32)) for name, value in changes.items() if name in {"y", "weight"}}
        return replace(self, **(changes | series))

    def rows(self, numbers: np.ndarray) -> Table:
        """Return the rows with these numbers (m,)."""
        y, weight = self.y.to_numpy()[numbers], self.weight.to_numpy()[numbers]
        X = self.X.iloc[numbers].reset_index(drop=True)
        return Table(X, pd.Series(y), pd.Series(weight), self.groups[numbers])


def make_table(n: int = 240, d: int = 6, seed: int = 0) -> Table:
    """Return a table whose first two columns predict the label well but not perfectly; the others are noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).astype(np.float32)
    score = 2 * X[:, 0] + (X[:, 1] if d > 1 else 0) + rng.normal(scale=0.7, size=n)
    y = (score > np.quantile(score, 0.6)).astype(np.float32)
    frame = pd.DataFrame(np.asfortranarray(X), columns=[f"f{number}" for number in range(d)])
    return Table(frame, pd.Series(y), pd.Series(np.ones(n, np.float32)), np.arange(n) // 2)


def with_gaps(table: Table, seed: int = 1) -> Table:
    """Return the table with a quarter of its values missing, and all values of the last column."""
    values = table.X.to_numpy(copy=True)
    values[np.random.default_rng(seed).random(values.shape) < 0.25] = np.nan
    values[:, -1] = np.nan
    return table.with_(X=pd.DataFrame(values, columns=table.X.columns))


def with_constants(table: Table) -> Table:
    """Return the table with three constant columns more: of 0, a huge and a tiny value."""
    return table.with_(X=table.X.assign(zero=np.float32(0), huge=np.float32(1e30), tiny=np.float32(-1e-30)))

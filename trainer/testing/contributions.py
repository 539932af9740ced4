"""The part of a trainer's contract that is about the contributions of columns; a part of `TrainerContract`."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.models import LOG_ODDS, Contributions, fill_missing, medians_of, sigmoid
from trainer.testing.tables import Table, make_table, with_constants, with_gaps

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models import ModelTrainer

EXPLAINED = 12


class ContributionsContract:
    """Contributions add up, are the same every time, and are 0 where nothing differs."""

    def test_contributions_add_up_to_the_raw_score(self) -> None:
        """Base and contributions of each row; and in log-odds, the sigmoid of the raw score is the prediction."""
        table = make_table()
        trainer = self._trained(table)
        found = self._explained(trainer, table.X)
        if found.unit == LOG_ODDS:
            predicted = np.asarray(trainer.predict(table.X.head(EXPLAINED)), dtype=np.float64)
            assert np.allclose(sigmoid(found.raw), predicted, rtol=0, atol=1e-5), "they explain another score than predict's"

    def test_contributions_of_rows_with_missing_values_add_up(self) -> None:
        """Rows with gaps, and rows without any value."""
        gaps = with_gaps(make_table())
        trainer = self._trained(gaps)
        medians = medians_of(gaps.X)
        for frame in (gaps.X, gaps.X * np.float32(np.nan)):
            self._explained(trainer, frame if trainer.accepts_missing else fill_missing(frame, medians))

    def test_contributions_are_the_same_every_time(self) -> None:
        """To the last bit, and the rows are left as they were."""
        table = make_table()
        trainer = self._trained(table)
        before = table.X.copy(deep=True)
        first, second = (self._explained(trainer, table.X) for _ in range(2))
        assert first.values.tobytes() == second.values.tobytes()
        assert table.X.equals(before)

    def test_a_column_without_differences_contributes_nothing(self) -> None:
        """A column that has one value, in training and in the rows explained, moves no score."""
        table = with_constants(make_table())
        found = self._explained(self._trained(table), table.X)
        constant = table.X.nunique().to_numpy() == 1
        assert constant.any()
        assert np.abs(found.values[:, constant]).max() < 1e-6

    @abstractmethod
    def _trained(self, table: Table, trainer: ModelTrainer | None = None) -> ModelTrainer:
        """Return a trainer (by default that under test) that was trained on the table; `TrainerContract` has it."""

    def _explained(self, trainer: ModelTrainer, X: pd.DataFrame) -> Contributions:
        """Return the contributions of the first rows of X, after checking that they add up."""
        found: Any = trainer.contributions(X.head(EXPLAINED), X)
        assert found.values.shape == (EXPLAINED, X.shape[1]), f"contributions have the shape {found.values.shape}"
        assert found.values.dtype == np.float64
        assert np.isfinite(found.values).all(), "contributions are NaN or infinite"
        gap = np.abs(found.base + found.values.sum(axis=1) - found.raw).max()
        assert gap <= 1e-6, f"base and contributions differ from the raw score by up to {gap:.2g}"
        assert found.error >= 0
        assert found.unit
        assert found.method
        return found

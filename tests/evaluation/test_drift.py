"""The population stability index: its formula on counts done by hand, and what it says of equal, shifted and missing values."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.evaluation import LARGE, SOME, drift_of_columns, population_stability_index

RNG = np.random.default_rng(0)
BEFORE = RNG.normal(size=5000)


def test_it_is_the_formula_on_the_shares_of_the_bins() -> None:
    before, now = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 1.0, 1.0, 4.0])
    # Two bins at the median 2.5, and none missing; half a row is added to each of the three.
    p, q = np.array([2.5, 2.5, 0.5]) / 5.5, np.array([3.5, 1.5, 0.5]) / 5.5
    assert population_stability_index(before, now, bins=2) == pytest.approx(((q - p) * np.log(q / p)).sum())


def test_equal_values_have_none_and_another_sample_of_the_same_hardly_any() -> None:
    assert population_stability_index(BEFORE, BEFORE[::-1]) == pytest.approx(0, abs=1e-12)
    found = [population_stability_index(RNG.normal(size=2000), RNG.normal(size=1000)) for _ in range(50)]
    assert np.mean(found) == pytest.approx(9 * (1 / 2000 + 1 / 1000), rel=0.3)


@pytest.mark.parametrize(("shift", "low", "high"), [(0.2, 0, SOME), (0.4, SOME, LARGE), (1.0, LARGE, 3)])
def test_it_grows_with_a_shift(shift: float, low: float, high: float) -> None:
    # Of two normal distributions the symmetric divergence is the square of the shift.
    found = population_stability_index(BEFORE, BEFORE + shift)
    assert low < found < high and found == pytest.approx(shift**2, rel=0.25)


def test_missing_values_are_a_bin_of_their_own() -> None:
    half = np.where(np.arange(5000) % 2, np.nan, BEFORE)
    assert population_stability_index(BEFORE, half) > LARGE
    assert population_stability_index(half, half) == pytest.approx(0, abs=1e-12)
    assert population_stability_index(np.full(50, np.nan), np.full(50, np.nan)) == pytest.approx(0, abs=1e-12)


def test_a_constant_that_changes_is_seen() -> None:
    assert population_stability_index(np.zeros(100), np.ones(100)) > LARGE
    assert population_stability_index(np.zeros(100), np.zeros(300)) < SOME


def test_the_most_changed_column_is_first() -> None:
    before = np.stack([BEFORE, BEFORE, BEFORE], axis=1)
    now = np.stack([BEFORE, BEFORE + 1, BEFORE + 0.3], axis=1)
    assert list(drift_of_columns(["same", "most", "some"], before, now)) == ["most", "some", "same"]


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ValueError, match="before and now"):
        population_stability_index(np.array([]), BEFORE)

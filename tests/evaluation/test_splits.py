"""Splits: no address on both sides, and nothing of the future on the training side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import NotEnoughLabelsError
from trainer.evaluation.splits import make_split

DAYS = np.array(["2025-06-01", "2025-07-20", "2025-08-01", "2025-09-01"], dtype="datetime64[D]")
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


@st.composite
def labelled(draw: st.DrawFn, min_rows: int = 1, max_dates: int = 4) -> Rows:
    """Labels, addresses and dates of up to 60 rows; an address may change its label between rows."""
    size = draw(st.integers(min_rows, 60))
    groups = draw(st.lists(st.integers(0, draw(st.integers(0, 25))), min_size=size, max_size=size))
    own = draw(st.lists(st.integers(0, 1), min_size=26, max_size=26))
    flips = draw(st.lists(st.booleans(), min_size=size, max_size=size)) if draw(st.booleans()) else [False] * size
    days = draw(st.lists(st.integers(0, draw(st.integers(0, max_dates - 1))), min_size=size, max_size=size))
    y = np.array([own[group] ^ flip for group, flip in zip(groups, flips, strict=True)], dtype=np.float32)
    return y, np.array(groups), DAYS[days]


@given(labelled(), st.integers(2, 6), st.sampled_from([0, 1, 30, 60, 10_000]), st.integers(0, 5))
def test_a_split_is_honest_or_refused(rows: Rows, folds: int, embargo: int, seed: int) -> None:
    y, groups, dates = rows
    try:
        split = make_split(y, groups, dates, folds, embargo, seed)
    except NotEnoughLabelsError as error:
        assert "address" in str(error)
        return
    assert 1 <= len(split.folds) <= folds
    for train, test in split:
        assert test.size and not set(groups[train]) & set(groups[test])
        assert set(y[train]) == {0.0, 1.0}
        if split.name == "forward":
            assert (dates[test] == dates.max()).all()
            assert (dates[train] < dates.max()).all()
            assert (dates[train] <= dates.max() - np.timedelta64(embargo, "D")).all()
    held_out = split.test_rows
    assert len(set(held_out.tolist())) == len(held_out)
    assert set(y[held_out]) == {0.0, 1.0}


@given(st.integers(0, 20))
def test_one_seed_one_split(seed: int) -> None:
    y, groups, dates = (np.arange(60) % 3 == 0).astype(np.float32), np.arange(60) // 2, DAYS[np.arange(60) % 4]
    first, again = (make_split(y, groups, dates, seed=seed) for _ in range(2))
    assert all(np.array_equal(a, b) for one, two in zip(first, again, strict=True) for a, b in zip(one, two, strict=True))


def rows(days: list[str], per_day: int = 40) -> Rows:
    dates = np.repeat(np.array(days, dtype="datetime64[D]"), per_day)
    groups = np.tile(np.arange(per_day), len(days))
    return (groups % 4 == 0).astype(np.float32), groups, dates


def test_with_dates_far_enough_apart_the_split_runs_forward() -> None:
    split = make_split(*rows(["2025-07-01", "2025-08-20", "2025-09-01"]))
    assert split.name == "forward"
    for train, _ in split:
        assert set(rows(["2025-07-01", "2025-08-20", "2025-09-01"])[2][train]) == {np.datetime64("2025-07-01")}
    assert "2025-09-01" in split.description and "2025-08-02" in split.description
    assert len(split.test_rows) == 40


@pytest.mark.parametrize("days", [["2025-09-01"], ["2025-08-20", "2025-09-01"]])
def test_one_date_or_an_embargo_that_leaves_nothing_falls_back_to_groups(days: list[str]) -> None:
    split = make_split(*rows(days))
    assert split.name == "grouped"
    assert len(split.test_rows) == 40 * len(days)


def test_forward_with_one_class_on_the_last_date_falls_back_to_groups() -> None:
    y, groups, dates = rows(["2025-07-01", "2025-09-01"])
    y[dates == dates.max()] = 0
    assert make_split(y, groups, dates).name == "grouped"


def test_without_an_embargo_the_last_date_is_still_not_trained_on() -> None:
    y, groups, dates = rows(["2025-07-01", "2025-09-01"])
    split = make_split(y, groups, dates, embargo_days=0)
    assert split.name == "forward"
    assert all((dates[train] < dates.max()).all() for train, _ in split)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_is_refused_with_the_counts(label: float) -> None:
    y, groups, dates = rows(["2025-09-01"])
    with pytest.raises(NotEnoughLabelsError, match="0 risky and 40 benign" if label == 0 else "40 risky and 0 benign"):
        make_split(np.full_like(y, label), groups, dates)


def test_one_address_of_a_class_is_refused() -> None:
    y = np.zeros(50, dtype=np.float32)
    y[:10] = 1
    groups = np.concatenate([np.zeros(10, int), np.arange(1, 41)])
    with pytest.raises(NotEnoughLabelsError, match="1 risky and 40 benign"):
        make_split(y, groups, np.repeat(DAYS[:1], 50))


@given(labelled(min_rows=8), st.lists(st.sampled_from("abc"), min_size=60, max_size=60), st.sampled_from([0, 30]))
def test_several_networks_are_tested_on_their_last_dates(rows: Rows, names: list[str], embargo: int) -> None:
    y, groups, dates = rows
    networks = np.array(names[: len(y)])
    try:
        split = make_split(y, groups, dates, 3, embargo, 0, networks)
    except NotEnoughLabelsError:
        return
    last = {name: dates[networks == name].max() for name in set(networks.tolist())}
    for train, test in split:
        assert not set(groups[train]) & set(groups[test])
        if split.name == "forward":
            assert all(dates[row] == last[networks[row]] for row in test)
            assert (dates[train] <= split.until).all() and split.until < min(last.values())
    for name in last:
        train, test = split.without(networks == name, groups, dates)
        assert set(test) == {row for row in split.test_rows if networks[row] == name}
        assert name not in set(networks[train]) and not set(groups[train]) & set(groups[test])
        assert split.until is None or (dates[train] <= split.until).all()


def test_networks_with_one_last_date_split_as_one_would() -> None:
    y, groups, dates = rows(["2025-07-01", "2025-08-20", "2025-09-01"])
    networks = np.where(np.arange(len(y)) % 2, "a", "b")
    one, two = make_split(y, groups, dates), make_split(y, groups, dates, networks=networks)
    assert one.description == two.description and one.until == two.until == np.datetime64("2025-08-02")
    assert all(np.array_equal(a, b) for fold, other in zip(one, two, strict=True) for a, b in zip(fold, other, strict=True))


def test_a_network_that_ends_earlier_moves_the_end_of_training() -> None:
    y, groups, dates = rows(["2025-06-01", "2025-08-01", "2025-09-01"])
    networks = np.where(dates == DAYS[-1], "a", "b")
    networks[dates == np.datetime64("2025-06-01")] = np.resize(["a", "b"], 40)
    split = make_split(y, groups, dates, networks=networks)
    assert split.name == "forward" and split.until == np.datetime64("2025-07-02")
    assert "2025-08-01 to 2025-09-01" in split.description
    assert set(dates[split.test_rows].astype(str)) == {"2025-08-01", "2025-09-01"}

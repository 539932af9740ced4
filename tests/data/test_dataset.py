"""The matrix's helpers: names, groups, dates, and a fingerprint that sees every change."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from trainer.data.dataset import Dataset
from trainer.data.feature import Feature, _safe, _with_unique_names, sql_expression


def test_rows_of_one_address_are_one_group(table: Dataset) -> None:
    found = table.keys["address"].to_pylist()
    assert len(np.unique(table.groups)) == len(set(found))
    assert all((table.groups[i] == table.groups[j]) == (found[i] == found[j]) for i, j in [(0, 100), (0, 1), (5, 105), (99, 199)])


def test_dates_are_days(table: Dataset) -> None:
    assert table.dates.dtype == np.dtype("datetime64[D]")
    assert set(table.dates.astype(str)) == {"2025-08-01", "2025-09-01"}


def test_the_frame_shares_the_matrix(table: Dataset) -> None:
    frame = table.frame()
    assert list(frame.columns) == table.feature_names
    assert np.shares_memory(frame.to_numpy(), table.X)


def test_the_fingerprint_sees_every_change(table: Dataset) -> None:
    X, y, weight = table.X.copy(order="F"), table.y.copy(), table.weight.copy()
    X[0, 0] += 1
    y[0] = 1 - y[0]
    weight[-1] = 0
    changed = [
        replace(table, X=X),
        replace(table, y=y),
        replace(table, weight=weight),
        replace(table, keys=table.keys.take(pa.array([1, 0, *range(2, 200)]))),
        replace(table, features=[Feature("g", "f0"), *table.features[1:]]),
    ]
    prints = [one.fingerprint() for one in (table, *changed)]
    assert len(set(prints)) == len(prints)
    assert replace(table, X=np.ascontiguousarray(table.X)).fingerprint() == table.fingerprint()


@given(st.text(max_size=40))
def test_any_text_becomes_a_column_name_every_library_takes(text: str) -> None:
    assert re.fullmatch("[A-Za-z0-9_]+", _safe(text))


@given(st.lists(st.sampled_from(["a", "b", "a_2", "b__x"]), max_size=8))
def test_names_are_unique_and_in_order(names: list[str]) -> None:
    found = _with_unique_names([Feature(name, name) for name in names])
    assert [feature.column for feature in found] == names
    assert len({feature.name for feature in found}) == len(names)


def test_a_key_never_reaches_the_query_as_text() -> None:
    evil = "'); DROP TABLE raw_alerts; --"
    for feature in (Feature("x", "extra_features", evil), Feature("x", "alert_tags", evil, is_set=True)):
        assert "DROP" not in sql_expression(feature, 3) and "{key_3:String}" in sql_expression(feature, 3)

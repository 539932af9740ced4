"""Metrics have their known values, and their intervals resample whole addresses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from trainer.evaluation.metrics import evaluate, metrics

RNG = np.random.default_rng(0)


def test_the_auc_of_coin_flips_is_one_half() -> None:
    y, proba = RNG.integers(0, 2, 4000).astype(np.float32), RNG.random(4000)
    found = evaluate(y, proba, np.arange(4000))["auc"]
    assert 0.46 < found["value"] < 0.54
    assert found["low"] < 0.5 < found["high"] or abs(found["value"] - 0.5) < 0.03


def test_a_perfect_prediction_is_one() -> None:
    y = (np.arange(200) % 5 == 0).astype(np.float32)
    found = evaluate(y, y.astype(float), np.arange(200))
    for name in ("auc", "average_precision"):
        assert found[name]["value"] == found[name]["high"] == 1 > found[name]["low"]  # test_intervals.py has how wide
    assert found["brier"]["value"] == 0
    assert found["log_loss"]["value"] == pytest.approx(0, abs=1e-5)


def test_the_opposite_is_nothing() -> None:
    y = (np.arange(200) % 5 == 0).astype(np.float32)
    assert metrics(y, 1 - y)["auc"] == 0


@settings(max_examples=6)
@given(st.integers(0, 10_000), st.integers(5, 80))
def test_values_lie_in_their_interval_and_intervals_in_their_range(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, size).astype(np.float32)
    y[:2] = (0, 1)
    found = evaluate(y, rng.random(size), np.arange(size), seed)
    for name, one in found.items():
        if name != "log_loss":
            assert one["low"] >= 0 and one["high"] <= 1
        assert one["low"] <= one["value"] <= one["high"]


def test_log_loss_and_brier_are_the_usual_ones() -> None:
    y, proba = RNG.integers(0, 2, 500).astype(np.float32), RNG.random(500)
    found = metrics(y, proba)
    assert found["log_loss"] == pytest.approx(log_loss(y, proba))
    assert found["brier"] == pytest.approx(((y - proba) ** 2).mean())


def test_repeated_rows_do_not_make_the_interval_narrower() -> None:
    y = np.repeat((np.arange(100) % 3 == 0).astype(np.float32), 20)
    proba = np.repeat(np.clip(0.3 * (np.arange(100) % 3 == 0) + 0.7 * RNG.random(100), 0, 1), 20)
    by_row = evaluate(y, proba, np.arange(len(y)))["auc"]
    by_address = evaluate(y, proba, np.repeat(np.arange(100), 20))["auc"]
    assert by_row["value"] == by_address["value"]
    assert by_address["high"] - by_address["low"] > 2.5 * (by_row["high"] - by_row["low"])


def test_one_seed_one_interval() -> None:
    y, proba = RNG.integers(0, 2, 100).astype(np.float32), RNG.random(100)
    assert evaluate(y, proba, np.arange(100), 7) == evaluate(y, proba, np.arange(100), 7)


def test_the_order_of_rows_does_not_change_the_values() -> None:
    y, proba = RNG.integers(0, 2, 300).astype(np.float32), RNG.random(300)
    order = RNG.permutation(300)
    assert metrics(y, proba) == pytest.approx(metrics(y[order], proba[order]))

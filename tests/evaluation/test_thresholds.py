"""Thresholds keep to their budget or precision, their intervals have a width and cover, and curves and groups are scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score

from trainer.errors import NotEnoughLabelsError, UsageError
from trainer.evaluation import at_thresholds, breakdown, curves_of, threshold_for_budget, threshold_for_precision
from trainer.evaluation.curves import MAX_POINTS
from trainer.evaluation.proportions import wilson

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def rows(n: int = 600, risky: float = 0.3, seed: int = 0) -> Rows:
    """Labels, scores and addresses, two rows each."""
    generator = np.random.default_rng(seed)
    groups = np.arange(n) // 2
    y = (generator.random(n // 2) < risky)[groups].astype(np.float32)
    return y, 1 / (1 + np.exp(-generator.normal(size=n) - 1.5 * y)), groups


def test_precision_and_recall_are_those_of_scikit_learn_and_rise_with_the_threshold() -> None:
    y, proba, groups = rows()
    found = at_thresholds(y, proba, groups, np.array([0.9, 0.2, 0.5, 2.0]))
    assert [one["threshold"] for one in found] == [0.2, 0.5, 0.9]
    for one in found:
        said = proba >= one["threshold"]
        assert one["precision"]["value"] == pytest.approx(precision_score(y, said))
        assert one["recall"]["value"] == pytest.approx(recall_score(y, said))


def test_no_interval_has_the_width_0_even_where_one_perfect_row_is_left() -> None:
    y, proba, groups = rows()
    best = np.flatnonzero(y)[0]
    proba[best] = 1.0
    for one in at_thresholds(y, proba, groups, np.append(np.quantile(proba, [0, 0.5, 0.99]), 1.0)):
        for name in ("precision", "recall"):
            assert 0 <= one[name]["low"] <= one[name]["value"] <= one[name]["high"] <= 1
            assert one[name]["high"] - one[name]["low"] > 1e-4, one
    assert at_thresholds(y, proba, groups, np.array([1.0]))[0]["precision"]["low"] < 0.3


def test_precision_above_a_threshold_is_covered() -> None:
    misses = 0
    for seed in range(100):
        y, proba, groups = rows(200, seed=seed)
        (one,) = at_thresholds(y, proba, groups, np.array([0.75]), seed)
        large_y, large_proba, _ = TRUE
        truth = large_y[large_proba >= 0.75].mean()
        misses += not one["precision"]["low"] <= truth <= one["precision"]["high"]
    assert misses <= 9


TRUE = rows(400_000, seed=1)


@given(st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.9]), min_size=1, max_size=50), st.integers(1, 60), st.integers(1, 5))
def test_a_budget_is_kept_to_and_used_up(scores: list[float], budget: int, days: int) -> None:
    values = np.array(scores)
    allowed = budget * days
    if (values == values.max()).sum() > allowed:
        with pytest.raises(UsageError, match="no threshold keeps to"):
            threshold_for_budget(values, days, budget)
        return
    threshold = threshold_for_budget(values, days, budget)
    assert (values >= threshold).sum() <= allowed
    lower = values[values < threshold]
    assert not lower.size or (values >= lower.max()).sum() > allowed


def test_the_lowest_threshold_with_a_precision_is_chosen() -> None:
    y, proba, groups = rows()
    threshold = threshold_for_precision(y, proba, groups, 0.7)
    assert y[proba >= threshold].mean() >= 0.7
    assert all(y[proba >= lower].mean() < 0.7 for lower in proba[proba < threshold])


def test_the_lower_end_of_precision_needs_a_higher_threshold_and_may_not_be_reached() -> None:
    y, proba, groups = rows()
    threshold = threshold_for_precision(y, proba, groups, 0.7, by_lower_end=True)
    assert threshold > threshold_for_precision(y, proba, groups, 0.7)
    assert at_thresholds(y, proba, groups, np.array([threshold]))[0]["precision"]["low"] >= 0.7
    with pytest.raises(NotEnoughLabelsError, match=r"reaches 0\.999 at no threshold; the highest is 0\.\d"):
        threshold_for_precision(y, proba, groups, 0.999, by_lower_end=True)
    with pytest.raises(NotEnoughLabelsError, match="Precision on unseen gold rows reaches 0.9 at no threshold"):
        threshold_for_precision(y, np.full(len(y), 0.5), groups, 0.9)


@pytest.mark.parametrize(("part", "whole"), [(0, 1), (1, 1), (3, 10), (50, 50)])
def test_wilsons_interval_is_that_of_scipy(part: int, whole: int) -> None:
    expected = binomtest(part, whole).proportion_ci(method="wilson")
    low, high = wilson(np.array(part / whole), np.array(float(whole)))
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=1e-9)


# ---- curves and groups ----------------------------------------------------------------------------------------------


def test_curves_are_small_and_agree_with_the_metrics() -> None:
    y, proba, groups = rows(6000)
    curves = curves_of(y, proba, proba, groups)
    assert set(curves) == {"roc", "precision_recall", "reliability", "lift", "histogram"}
    assert all(0 < len(points) <= MAX_POINTS for points in curves.values())
    roc = [(one["false_positive_rate"], one["true_positive_rate"]) for one in curves["roc"]]
    assert roc[0] == (0, 0) and roc[-1] == (1, 1) and roc == sorted(roc)
    assert np.trapezoid(*reversed(list(zip(*roc, strict=True)))) == pytest.approx(roc_auc_score(y, proba), abs=0.002)
    for one in (curves["roc"][50], curves["precision_recall"][50]):
        said = proba >= one["threshold"]
        assert recall_score(y, said) == pytest.approx(one.get("true_positive_rate", one.get("recall")), abs=1e-9)
    assert sum(one["positive"] + one["negative"] for one in curves["histogram"]) == len(y)
    assert curves["lift"][-1] == pytest.approx({"share": 1.0, "lift": 1.0})
    for one in curves["reliability"]:
        assert one["low"] <= one["observed"] <= one["high"] and one["low"] < one["high"]


def test_a_perfect_and_a_constant_score_have_curves() -> None:
    y, _, groups = rows(100)
    for proba in (y.astype(float), np.full(len(y), 0.5)):
        curves = curves_of(y, proba, proba, groups)
        assert all(np.isfinite(list(one.values())).all() for points in curves.values() for one in points)


def test_a_group_without_a_class_has_the_reason_instead_of_metrics() -> None:
    y, proba, groups = rows()
    names = np.where(y == 0, "benign", "mixed").astype(object)
    names[:100] = "mixed"
    found = {one["name"]: one for one in breakdown(y, proba, groups, names)}
    assert found["benign"]["auc"] is None and "none of the" in found["benign"]["reason"]
    mixed = names == "mixed"
    assert found["mixed"]["auc"]["value"] == pytest.approx(roc_auc_score(y[mixed], proba[mixed]))
    assert found["mixed"]["average_precision"]["value"] == pytest.approx(average_precision_score(y[mixed], proba[mixed]))
    assert (found["mixed"]["rows"], found["mixed"]["positive"]) == (mixed.sum(), y[mixed].sum())


def test_the_smallest_of_many_groups_are_others() -> None:
    y, proba, groups = rows()
    found = breakdown(y, proba, groups, np.arange(len(y)).astype(str))
    assert len(found) == 30 and found[-1]["name"] == "others" and sum(one["rows"] for one in found) == len(y)

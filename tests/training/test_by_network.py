"""A model of two networks, evaluated on each, and on each by a model of the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from trainer.data.dataset import Dataset
from trainer.data.feature import Feature
from trainer.evaluation import make_split
from trainer.models.baselines.logistic import LogisticTrainer
from trainer.training.by_network import balanced, evaluate_networks
from trainer.training.unseen import evaluate_unseen

SIZES = {"a": 300, "b": 100}


def pooled(flipped: bool = False, shared: bool = False) -> Dataset:
    """Rows of two networks; f0 tells the label, on network b the other way round if `flipped`.

    If `shared`, the addresses of b are addresses of a, too.
    """
    rng = np.random.default_rng(4)
    networks = np.repeat(list(SIZES), list(SIZES.values()))
    y = (rng.random(len(networks)) < 0.4).astype(np.float32)
    X = rng.normal(size=(len(networks), 2)).astype(np.float32)
    X[:, 0] += np.where((networks == "b") & flipped, -3, 3) * y
    numbers = np.r_[np.arange(SIZES["a"]), np.arange(SIZES["b"]) + (0 if shared else SIZES["a"])]
    keys = pa.table(
        {
            "network": networks,
            "processing_date": np.array(["2025-08-01"] * len(networks), dtype="datetime64[D]"),
            "alert_id": [f"i{i}" for i in range(len(networks))],
            "address": [f"0x{i:040x}" for i in numbers],
        }
    )
    return Dataset(np.asfortranarray(X), y, np.ones(len(y), np.float32), keys, [Feature("f0", "f0"), Feature("f1", "f1")])


def evaluated(data: Dataset, left_out: bool = True) -> dict:
    split = make_split(data.y, data.groups, data.dates, networks=data.networks)
    trainer = LogisticTrainer()
    unseen = evaluate_unseen(trainer, data, data.y, split, 0, True)
    return evaluate_networks(trainer, data, data.y, split, unseen, 0, left_out)


def test_each_network_has_its_rows_and_metrics() -> None:
    found = evaluated(pooled())
    assert {name: (one.n_train, one.n_test) for name, one in found.items()} == {"a": (300, 300), "b": (100, 100)}
    for name, other in (("a", "b"), ("b", "a")):
        one = found[name]
        assert one.metrics["auc"].low > 0.9 and one.left_out is not None and one.left_out.metrics["auc"].low > 0.9
        assert one.left_out.n_train == SIZES[other] and one.left_out.seconds > 0 and one.left_out.problem is None
        assert set(one.metrics) == {"auc", "average_precision", "brier", "log_loss"}


def test_a_network_that_is_unlike_the_others_shows_when_it_is_left_out() -> None:
    found = evaluated(pooled(flipped=True))
    assert all(one.left_out is not None and one.left_out.metrics["auc"].high < 0.5 for one in found.values())
    assert found["a"].metrics["auc"].low > 0.5  # the larger network leads


def test_an_address_that_both_networks_have_is_not_trained_on() -> None:
    found = evaluated(pooled(shared=True))
    assert found["b"].left_out is not None and found["b"].left_out.n_train == SIZES["a"] - SIZES["b"]
    nothing = found["a"].left_out
    assert nothing is not None and nothing.n_train == 0 and nothing.metrics == {} and nothing.problem


def test_a_network_without_both_classes_has_no_metrics() -> None:
    data = pooled()
    y = data.y.copy()
    y[data.networks == "b"] = 0
    found = evaluated(replace(data, y=y))
    assert found["b"].metrics == {} and found["b"].left_out is not None and found["b"].left_out.problem
    assert found["a"].metrics and found["a"].left_out is not None and found["a"].left_out.problem


def test_leaving_networks_out_is_a_choice_and_one_network_has_none() -> None:
    assert all(one.left_out is None and one.metrics for one in evaluated(pooled(), left_out=False).values())
    data = pooled()
    assert evaluated(replace(data, keys=data.keys.drop_columns(["network"]))) == {}


def test_balanced_networks_weigh_the_same() -> None:
    data = pooled()
    weight = data.weight.copy()
    weight[:10] = 3
    found = balanced(replace(data, weight=weight))
    total = {name: float(found.weight[data.networks == name].sum()) for name in SIZES}
    assert total["a"] == pytest.approx(total["b"]) and sum(total.values()) == pytest.approx(weight.sum())
    assert found.weight[0] == pytest.approx(3 * found.weight[20])

"""Ranking metrics (NDCG with ties and lists) and the rankers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.trainers import GuideTrainer
from trainer.errors import ArtifactError, NotEnoughLabelsError, UsageError
from trainer.evaluation.ranking import evaluate_ranking, ndcg, ranks
from trainer.models import RANKERS, name_of, names, ranker_of, trainer_class
from trainer.models.boosting.xgboost import XGBoostTrainer
from trainer.models.rankers import LightGBMRanker, Ranker, XGBoostRanker, in_parts

KINDS = [XGBoostRanker, LightGBMRanker]


# ---- metrics --------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=2, max_size=40), st.integers(1, 50))
def test_ndcg_has_its_formula_with_the_mean_gain_of_tied_rows(rows: list[tuple[int, int]], k: int) -> None:
    y, score = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    at_k, whole = ndcg(y, score, np.zeros(len(y)), (k, None))
    if not y.any():
        assert np.isnan([at_k, whole]).all()
        return
    gains = np.concatenate([np.full((score == level).sum(), y[score == level].mean()) for level in np.unique(score)[::-1]])
    discounts, best = 1 / np.log2(np.arange(2, len(y) + 2)), np.sort(y)[::-1]
    for found, cut in ((at_k, k), (whole, None)):
        assert found == pytest.approx((gains * discounts)[:cut].sum() / (best * discounts)[:cut].sum())


def test_a_list_of_one_risky_row_has_the_best_ndcg_and_one_of_a_benign_row_none() -> None:
    y, lists = np.array([1.0, 0, 0, 1]), np.array([0, 1, 2, 2])
    assert ndcg(y, np.array([0, 0, 2, 1.0]), lists, (10, None)) == [pytest.approx((1 + 1 / np.log2(3)) / 2)] * 2


def test_ndcg_is_the_mean_over_lists_with_a_gain() -> None:
    y = np.array([1, 0, 0, 1, 0, 0], dtype=np.float64)
    lists = np.array([0, 0, 1, 1, 2, 2])
    best, worst = np.array([2, 1, 1, 2, 1, 2.0]), np.array([1, 2, 2, 1, 1, 2.0])
    assert ndcg(y, best, lists, (1, None)) == [1, 1]
    assert ndcg(y, worst, lists, (1, None)) == [0, pytest.approx(1 / np.log2(3))]


def test_a_ranking_is_evaluated_without_metrics_of_probabilities() -> None:
    generator = np.random.default_rng(0)
    y = (generator.random(400) < 0.2).astype(np.float64)
    found = evaluate_ranking(y, y + generator.normal(size=400) * 0.5, np.arange(400), np.arange(400) % 2)
    assert list(found) == ["auc", "average_precision", "ndcg_at_10", "ndcg_at_50", "ndcg_at_100", "ndcg"]
    assert all(0 <= one["low"] <= one["value"] <= one["high"] <= 1 for one in found.values())


@given(st.permutations(range(8)))
def test_ranks_do_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    score, ids = np.array([3, 1, 2, 2, 2, 5, 5, 0.0]), np.array(list("hgfedcba"))
    assert ranks(score, ids).tolist() == [3, 7, 6, 5, 4, 2, 1, 8]
    assert ranks(score[order], ids[order]).tolist() == ranks(score, ids)[order].tolist()


# ---- rankers --------------------------------------------------------------------------------------------------------


def rows(n: int = 1500, seed: int = 0) -> tuple[pd.DataFrame, pd.Series, np.ndarray]:
    """Three lists of rows with some values missing; the first two columns determine the label."""
    generator = np.random.default_rng(seed)
    lists = generator.integers(0, 3, n)
    X = generator.normal(size=(n, 6)).astype(np.float32)
    y = (X[:, 0] + X[:, 1] + 0.5 * generator.normal(size=n) > 1.5).astype(np.float32)
    X[generator.random(n) < 0.1, 2] = np.nan
    return pd.DataFrame(X, columns=list("abcdef")), pd.Series(y), lists


@pytest.mark.parametrize("kind", KINDS)
def test_a_ranker_puts_risky_rows_first_on_unseen_rows(kind: type[Ranker]) -> None:
    X, y, lists = rows()
    ranker: Any = kind()
    ranker.train(X, y, pd.Series(np.full(len(y), 0.9)), lists)
    unseen, truth, unseen_lists = rows(seed=1)
    score = ranker.predict(unseen)
    assert score.dtype == np.float64 and score.shape == (1500,) and 0 < score.min() < score.max() < 1
    top, whole = ndcg(truth.to_numpy(), score, unseen_lists, (10, None))
    assert top > 0.9 and whole > 0.9
    assert ndcg(truth.to_numpy(), -score, unseen_lists, (10,))[0] < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_one_order_and_a_row_does_not_depend_on_others(kind: type[Ranker]) -> None:
    X, y, lists = rows(600)
    one, again, other = kind(), kind(), kind(seed=1)
    for ranker in (one, again, other):
        ranker.train(X, y, None, lists)
    assert np.array_equal(one.predict(X), again.predict(X)) and not np.array_equal(one.predict(X), other.predict(X))
    assert np.array_equal(one.predict(X.iloc[5:6]), one.predict(X)[5:6])
    mixed = np.random.default_rng(0).permutation(len(X))
    apart = kind().train(X.iloc[mixed].reset_index(drop=True), y.iloc[mixed], None, lists[mixed])
    assert apart is not None


@pytest.mark.parametrize("kind", KINDS)
def test_ranking_is_within_lists(kind: type[Ranker]) -> None:
    """A column that identifies the list predicts the label, but not the order within a list."""
    generator = np.random.default_rng(0)
    lists = np.repeat([0, 1], 500)
    y = (generator.random(1000) < np.where(lists == 0, 0.05, 0.6)).astype(np.float32)
    X = pd.DataFrame({"list": lists.astype(np.float32)})
    every_row = {"subsample": 1, "bagging_freq": 0} if kind is LightGBMRanker else {"subsample": 1}
    apart, together = kind(every_row), kind(every_row)
    apart.train(X, pd.Series(y), None, lists)
    together.train(X, pd.Series(y), None, None)
    gap = [np.ptp([ranker.predict(X)[0], ranker.predict(X)[-1]]) for ranker in (apart, together)]
    assert gap[1] > 0.05 and gap[0] < gap[1] / 10


@pytest.mark.parametrize("kind", KINDS)
def test_weights_matter_and_rows_of_weight_0_have_no_effect(kind: type[Ranker]) -> None:
    X, y, lists = rows(600)
    weight = np.where(np.arange(600) % 2, 1, 0.05)
    trained = {}
    for name, weights in {"even": np.ones(600), "odd": weight, "none": np.where(np.arange(600) % 2, 1, 0.0)}.items():
        trained[name] = kind()
        trained[name].train(X, y, pd.Series(weights), lists)
    kept = np.arange(600) % 2 == 1
    alone = kind()
    alone.train(X[kept].reset_index(drop=True), y[kept], pd.Series(np.ones(300)), lists[kept])
    assert np.array_equal(trained["none"].predict(X), alone.predict(X))
    assert not np.array_equal(trained["even"].predict(X), trained["odd"].predict(X))


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_ranker_loads_to_the_last_bit_and_other_files_are_refused(kind: type[Ranker], tmp_path: Path) -> None:
    X, y, lists = rows(600)
    ranker = kind({"n_estimators": 5})
    ranker.train(X, y, None, lists)
    file = tmp_path / f"model{kind.suffix}"
    ranker.save(str(file))
    loaded = kind(**ranker.options())
    loaded.load(str(file))
    assert np.array_equal(loaded.predict(X), ranker.predict(X))
    for raw in (b"", b"\x80\x04\x95", file.read_bytes()[: file.stat().st_size // 2], b"tree\nversion=v4\n"):
        file.write_bytes(raw)
        with pytest.raises(ArtifactError):
            kind().load(str(file))


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_ranked_is_refused(kind: type[Ranker]) -> None:
    X, y, _ = rows(300)
    with pytest.raises(NotEnoughLabelsError, match="both risky and benign"):
        kind().train(X, y, None, y.to_numpy())
    with pytest.raises(NotEnoughLabelsError):
        kind().train(X, y, pd.Series(y.to_numpy()), None)  # the benign rows have no weight
    with pytest.raises(UsageError, match="has no objective"):
        kind({"objective": "binary:logistic"}).train(X, y)
    with pytest.raises(UsageError, match="refused its parameters"):
        kind({"max_depth": "deep"}).train(X, y)
    with pytest.raises(ValueError, match="not trained"):
        kind().predict(X)


def test_a_long_list_is_divided_into_parts_of_like_size() -> None:
    lists = np.repeat([0, 1], [25, 4])
    order, sizes = in_parts(lists, 10, seed=0)
    assert sizes.tolist() == [9, 8, 8, 4] and sorted(order) == list(range(29)) and set(order[25:]) == {25, 26, 27, 28}
    again, _ = in_parts(lists, 10, seed=0)
    assert np.array_equal(order, again)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.timeout(120)
def test_a_list_of_60_000_rows_is_trained_in_seconds(kind: type[Ranker]) -> None:
    X, y, _ = rows(60_000)
    started = time.perf_counter()
    kind({"n_estimators": 10}).train(X, y)
    assert time.perf_counter() - started < 60  # every pair would be a thousand million


# ---- found by name --------------------------------------------------------------------------------------------------


def test_a_trainer_is_replaced_by_the_ranker_of_its_name() -> None:
    ranker = ranker_of(XGBoostTrainer({"max_depth": 3}, seed=7))
    assert isinstance(ranker, XGBoostRanker) and ranker.options() == {"hyperparameters": {"max_depth": 3}, "seed": 7}
    assert ranker_of(ranker) is ranker
    assert name_of(XGBoostRanker) == "xgboost" == name_of(XGBoostTrainer)
    assert names(RANKERS) == ["lightgbm", "xgboost"] and trainer_class("lightgbm", RANKERS) is LightGBMRanker


def test_a_trainer_without_a_ranker_is_refused_with_the_names_of_those_that_have_one() -> None:
    with pytest.raises(UsageError, match="GuideTrainer' cannot train an alert_ranker.*lightgbm, xgboost.*score_rank"):
        ranker_of(GuideTrainer())

"""Ranking metrics: NDCG of each list, on rows that the model was not trained on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trainer.evaluation.intervals import Measure, with_intervals
from trainer.evaluation.metrics import weighted_metrics

CUTS = (10, 50, 100)
OF_ORDER = ("auc", "average_precision")  # those of `metrics` that depend on the order of the scores only


def evaluate_ranking(
    y: np.ndarray, score: np.ndarray, groups: np.ndarray, lists: np.ndarray, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Return auc, average_precision, ndcg_at_10, ndcg_at_50, ndcg_at_100 and ndcg, each as {value, low, high}.

    A ranker's score is not a probability, so metrics of probabilities are left out.

    Args:
        y: (n,) 0 or 1, with both classes.
        score: (n,) finite; the highest is at the top.
        groups: (n,) address of each row; whole addresses are resampled for the 95 % interval, as in `evaluation.evaluate`.
        lists: (n,) the list that each row is ranked in; NDCG is the mean over lists with a risky row.
        seed: of the resampling.
    """
    names, cuts = [f"ndcg_at_{k}" for k in CUTS] + ["ndcg"], (*CUTS, None)
    graded = np.unique(lists[y > 0])

    def measure_of(rows: np.ndarray, labels: np.ndarray) -> Measure:
        plain, ranked = weighted_metrics(labels, score[rows]), weighted_ndcg(labels, score[rows], lists[rows], cuts, graded)

        def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
            values = plain(weights)
            return {name: values[name] for name in OF_ORDER} | dict(zip(names, ranked(weights), strict=True))

        return measure

    return with_intervals(measure_of, y, groups, seed)


def ndcg(y: np.ndarray, score: np.ndarray, lists: np.ndarray, cuts: tuple[int | None, ...]) -> list[float]:
    """Return the normalised discounted cumulative gain at each cut, mean over the lists that have a gain; NaN if none has.

    As scikit-learn's `ndcg_score`: gain y, discount 1 / log2(1 + rank) (Järvelin and Kekäläinen 2002); rows of equal score share
    the mean discount of their ranks (McSherry and Najork 2008), so that the order of rows has no effect.

    Args:
        y: (n,) gains, not negative.
        score: (n,) finite; the highest is at the top.
        lists: (n,) the list of each row.
        cuts: ranks to stop at; None for the whole list.
    """
    graded = np.unique(lists[y > 0])
    if not graded.size:
        return [float("nan")] * len(cuts)
    return [float(value) for (value,) in weighted_ndcg(y, score, lists, cuts, graded)(np.ones((1, len(y))))]


def weighted_ndcg(
    y: np.ndarray, score: np.ndarray, lists: np.ndarray, cuts: tuple[int | None, ...], graded: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function of weights (k, n) to NDCG (cuts, k), mean over the lists `graded`; see `ndcg`.

    A row of weight 2 is two rows of equal score; a row of weight w takes w ranks, and the discount is linear within a rank.
    """
    members = [np.flatnonzero(lists == one) for one in graded]
    actual, ideal = ([_gain_of_list(y[rows], by[rows], cuts) for rows in members] for by in (score, y))

    def measure(weights: np.ndarray) -> np.ndarray:
        parts = [weights[:, rows] for rows in members]
        return np.mean(
            [np.minimum(of(part) / best(part), 1) for of, best, part in zip(actual, ideal, parts, strict=True)], axis=0
        )

    return measure


def _gain_of_list(gain: np.ndarray, score: np.ndarray, cuts: tuple[int | None, ...]) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function of weights (k, n) to the discounted cumulative gain (cuts, k) of a list."""
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(score[order]) != 0))  # the first row of each distinct score
    gain = gain[order]

    def measure(weights: np.ndarray) -> np.ndarray:
        ranked = weights[:, order]
        weight, gains = (np.add.reduceat(values, starts, axis=1) for values in (ranked, ranked * gain))
        depth = np.cumsum(weight, axis=1)
        whole_ranks = np.arange(int(np.ceil(depth[:, -1].max())) + 1)
        discount = np.cumsum(np.append(0, 1 / np.log2(whole_ranks[1:] + 1)))
        mean_gain = gains / np.maximum(weight, np.finfo(np.float64).tiny)
        sums = [np.interp(np.minimum(depth, np.inf if cut is None else cut), whole_ranks, discount) for cut in cuts]
        return np.array([(mean_gain * np.diff(one, axis=1, prepend=0)).sum(axis=1) for one in sums])

    return measure


def ranks(score: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return the rank int32 (n,) of each score, 1 for the highest; equal scores are ranked by id."""
    order = np.lexsort((ids, -score))
    rank = np.empty(len(score), dtype=np.int32)
    rank[order] = np.arange(1, len(score) + 1, dtype=np.int32)
    return rank

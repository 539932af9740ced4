"""Grades an order: how many of the risky are near the top of each list (NDCG), on rows the model has not seen."""

from __future__ import annotations

import numpy as np

from trainer.evaluation.metrics import metrics, with_intervals

CUTS = (10, 50, 100)
OF_ORDER = ("auc", "average_precision")  # of `metrics`, those that ask nothing of a score but its order


def evaluate_ranking(
    y: np.ndarray, score: np.ndarray, groups: np.ndarray, lists: np.ndarray, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Return auc, average_precision, ndcg_at_10, ndcg_at_50, ndcg_at_100 and ndcg, each with its 95 % interval.

    A ranker's score is no probability, so nothing that judges probabilities is reported.

    Args:
        y: (n,) 0 or 1.
        score: (n,) the higher, the nearer the top.
        groups: (n,) address of each row; whole addresses are resampled, as in `evaluation.evaluate`.
        lists: (n,) the list each row is ranked in; NDCG is the mean over lists that have something risky.
    """

    def measure(rows: np.ndarray) -> dict[str, float]:
        plain = metrics(y[rows], score[rows])
        cuts = {f"ndcg_at_{k}": k for k in CUTS} | {"ndcg": None}
        ordered = {name: plain[name] for name in OF_ORDER}
        return ordered | dict(zip(cuts, ndcg(y[rows], score[rows], lists[rows], tuple(cuts.values())), strict=True))

    return with_intervals(measure, y, groups, seed)


def ndcg(y: np.ndarray, score: np.ndarray, lists: np.ndarray, cuts: tuple[int | None, ...]) -> list[float]:
    """Return the normalised discounted cumulative gain at each cut (None: the whole list), mean over lists with a gain.

    Gain y, discount 1 / log2(1 + rank) (Järvelin and Kekäläinen 2002); rows of equal score share their places' discounts
    (McSherry and Najork 2008), so that the order of rows never counts.

    Args:
        y: (n,) gains, at least 0.
        score: (n,) the higher, the nearer the top.
        lists: (n,) the list of each row.
    """
    found = [_of_list(y[lists == one].astype(np.float64), score[lists == one], cuts) for one in np.unique(lists)]
    graded = [values for values in found if values is not None]
    return [float(np.mean([values[i] for values in graded])) if graded else float("nan") for i in range(len(cuts))]


def _of_list(gain: np.ndarray, score: np.ndarray, cuts: tuple[int | None, ...]) -> list[float] | None:
    if not gain.any():
        return None
    _, tied, sizes = np.unique(-score, return_inverse=True, return_counts=True)
    mean_gain = np.bincount(tied, weights=gain) / sizes
    shared = np.repeat(mean_gain, sizes)  # in order of the ranks
    best = np.sort(gain)[::-1]
    discount = 1 / np.log2(np.arange(2, len(gain) + 2))
    return [float((shared[:k] * discount[:k]).sum() / (best[:k] * discount[:k]).sum()) for k in cuts]


def ranks(score: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return int32 (n,), 1 for the highest score; equal scores by id."""
    order = np.lexsort((ids, -score))
    found = np.empty(len(score), dtype=np.int32)
    found[order] = np.arange(1, len(score) + 1, dtype=np.int32)
    return found

"""Ranking metrics: NDCG of each list, on rows that the model was not trained on."""

from __future__ import annotations

import numpy as np

from trainer.evaluation.metrics import metrics, with_intervals

CUTS = (10, 50, 100)
OF_ORDER = ("auc", "average_precision")  # those of `metrics` that depend on the order of the scores only


def evaluate_ranking(
    y: np.ndarray, score: np.ndarray, groups: np.ndarray, lists: np.ndarray, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Return auc, average_precision, ndcg_at_10, ndcg_at_50, ndcg_at_100 and ndcg, each as {value, low, high}.

    A ranker's score is not a probability, so metrics of probabilities are left out.

    Args:
        y: (n,) 0 or 1.
        score: (n,) finite; the highest is at the top.
        groups: (n,) address of each row; whole addresses are resampled for the 95 % interval, as in `evaluation.evaluate`.
        lists: (n,) the list that each row is ranked in; NDCG is the mean over lists with a risky row.
        seed: of the resampling.
    """

    def measure(rows: np.ndarray) -> dict[str, float]:
        plain = metrics(y[rows], score[rows])
        cuts = {f"ndcg_at_{k}": k for k in CUTS} | {"ndcg": None}
        ordered = {name: plain[name] for name in OF_ORDER}
        return ordered | dict(zip(cuts, ndcg(y[rows], score[rows], lists[rows], tuple(cuts.values())), strict=True))

    return with_intervals(measure, y, groups, seed)


def ndcg(y: np.ndarray, score: np.ndarray, lists: np.ndarray, cuts: tuple[int | None, ...]) -> list[float]:
    """Return the normalised discounted cumulative gain at each cut, mean over the lists that have a gain; NaN if none has.

    scikit-learn's `ndcg_score`: gain y, discount 1 / log2(1 + rank) (Järvelin and Kekäläinen 2002); rows of equal score share
    the mean discount of their ranks (McSherry and Najork 2008), so that the order of rows has no effect.

    Args:
        y: (n,) gains, not negative.
        score: (n,) finite; the highest is at the top.
        lists: (n,) the list of each row.
        cuts: ranks to stop at; None for the whole list.
    """
    by_list = [_ndcg_of_list(y[lists == one], score[lists == one], cuts) for one in np.unique(lists[y > 0])]
    return [float(np.mean(values)) for values in zip(*by_list, strict=True)] if by_list else [float("nan")] * len(cuts)


def _ndcg_of_list(gain: np.ndarray, score: np.ndarray, cuts: tuple[int | None, ...]) -> list[float]:
    from sklearn.metrics import ndcg_score

    if len(gain) == 1:
        return [1.0] * len(cuts)  # scikit-learn refuses a list of one row; with a gain its order is the best
    depths = [len(gain) if cut is None else min(cut, len(gain)) for cut in cuts]
    at = {depth: float(ndcg_score([gain], [score], k=depth)) for depth in set(depths)}
    return [at[depth] for depth in depths]


def ranks(score: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return the rank int32 (n,) of each score, 1 for the highest; equal scores are ranked by id."""
    order = np.lexsort((ids, -score))
    rank = np.empty(len(score), dtype=np.int32)
    rank[order] = np.arange(1, len(score) + 1, dtype=np.int32)
    return rank

"""Whether one saved model is graded clearly better than another: by the predictions that both were evaluated with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.evaluation import paired_difference
from trainer.model_types import get_model_type
from trainer.registry.out_of_fold import read_out_of_fold

if TYPE_CHECKING:
    import pyarrow as pa

    from trainer.registry.meta import ModelMeta

METRIC = "auc"
Saved = tuple[Path, "ModelMeta"]


def clearly_better(model: Saved, rival: Saved) -> str:
    """Return how much better the rival is graded, in words, or "" if it is not clearly better.

    If both were evaluated on the same gold rows, it is clearly better if the 95 % interval of the difference in AUC, by the
    paired bootstrap over addresses that `trainer compare` uses (`trainer.evaluation.paired_difference`), lies above 0; else if
    the 95 % intervals of the two AUCs do not overlap, which is the stricter test (Schenker and Gentleman 2001, The American
    Statistician 55).

    Raises:
        ArtifactError: the out-of-fold predictions of one are missing or altered.
    """
    grades = [meta.metrics.get(METRIC) for _, meta in (model, rival)]
    if grades[0] is None or grades[1] is None or grades[1]["value"] <= grades[0]["value"]:
        return ""
    values = f"AUC {grades[1]['value']:.4f} against {grades[0]['value']:.4f}"
    ours, theirs = (_graded(one) for one in (model, rival))
    if ours is not None and theirs is not None and _same_rows(ours, theirs):
        gold, proba, groups = (ours[name].to_numpy() for name in ("gold", "raw", "address_group"))
        found = paired_difference(gold, theirs["raw"].to_numpy(), proba, groups)[METRIC]
        shown = f"{found['value']:+.4f} [{found['low']:+.4f}, {found['high']:+.4f}] on the same {len(gold):,} unseen gold rows"
        return f"{values}, {shown}" if found["low"] > 0 else ""
    is_apart = grades[1]["low"] > grades[0]["high"]
    return f"{values}, on other rows, and their 95 % intervals do not overlap" if is_apart else ""


def _graded(saved: Saved) -> pa.Table | None:
    """Return the rows that a model was graded on, by id and date: tested, and with a gold label.

    None for a model that was saved without them or lacks a class, and for a ranker: the scores of its folds are not on one scale.
    """
    import pyarrow.compute as pc

    kept = read_out_of_fold(*saved)
    if kept is None or not get_model_type(saved[1].model_type).calibrates:
        return None
    is_graded = pc.and_(pc.greater(kept["fold"], 0), pc.and_(pc.is_valid(kept["gold"]), pc.is_valid(kept["raw"])))
    rows = kept.filter(is_graded).sort_by([("processing_date", "ascending"), ("id", "ascending")])
    classes = np.unique(rows["gold"].to_numpy() >= 0.5)
    return rows if len(classes) == 2 else None


def _same_rows(ours: pa.Table, theirs: pa.Table) -> bool:
    return all(ours[name].equals(theirs[name]) for name in ("id", "processing_date", "gold"))

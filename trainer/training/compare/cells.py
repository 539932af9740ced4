"""A cell of the grid: one candidate's out-of-fold predictions, kept on disk so that an interrupted comparison can be resumed."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trainer.errors import NotEnoughLabelsError
from trainer.models import checked_predict, fit_trainer
from trainer.training.compare.candidates import Candidate
from trainer.training.compare.rows import SharedRows

Progress = Callable[[str, int, int], None]
META = b"trainer"


@dataclass(frozen=True)
class Cell:
    """What was found out about a candidate.

    Attributes:
        proba: float64 (n,), NaN where a row is held out in no fold; all NaN where there is a problem.
        seconds: of fitting and of predicting, over all folds.
        n_train, n_positive: labelled rows of its strategy, and how many are positive.
        problem: why it cannot be trained, '' if it can.
        file: its predictions, as Parquet.
    """

    candidate: Candidate
    proba: np.ndarray
    seconds: dict[str, float]
    n_train: int
    n_positive: int
    n_features: int
    problem: str
    file: Path


def read_cell(candidate: Candidate, rows: SharedRows, folder: Path) -> Cell | None:
    """Return the kept cell of a candidate; None if there is none, or it follows from other data or parameters."""
    key = rows.key(candidate)
    path = folder / file_name(candidate, key)
    try:
        table = pq.read_table(path)
        meta = json.loads((table.schema.metadata or {})[META])
    except (OSError, pa.ArrowInvalid, KeyError, ValueError):
        return None
    if meta.pop("key", None) != key or table.num_rows != len(rows.gold):
        return None
    return Cell(candidate, np.array(table["score"].to_numpy(), dtype=np.float64), **meta, file=path)


def run_cell(candidate: Candidate, rows: SharedRows, folder: Path, progress: Progress | None = None) -> Cell:
    """Train a candidate on each fold, predict the rows it holds out, and keep the predictions.

    With too few labels for `rows.enough` or of one class, the cell has a problem and no predictions.
    """
    y, _ = rows.labels[candidate.strategy]
    labelled = ~np.isnan(y)
    columns = rows.columns(candidate.choice)
    counts: dict[str, Any] = {
        "n_train": int(labelled.sum()),
        "n_positive": int((y[labelled] >= 0.5).sum()),
        "n_features": len(columns),
    }
    proba, seconds, problem = np.full(len(y), np.nan), {"fit": 0.0, "predict": 0.0}, ""
    try:
        _require_enough(counts, rows.enough)
        proba = _out_of_fold(candidate, rows, columns, seconds, progress)
    except NotEnoughLabelsError as error:
        problem = str(error)
    content = counts | {"seconds": {name: round(value, 3) for name, value in seconds.items()}, "problem": problem}
    key = rows.key(candidate)
    path = folder / file_name(candidate, key)
    table = _table(candidate, rows, proba).replace_schema_metadata({META: json.dumps(content | {"key": key}).encode()})
    write_whole(path, lambda beside: pq.write_table(table, beside))
    return Cell(candidate, proba, **content, file=path)


def file_name(candidate: Candidate, key: str) -> str:
    """Return the name of a candidate's file: readable, and with a part of the key."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', candidate.name).strip('-')[:80]}-{key[:8]}.parquet"


def _require_enough(counts: dict[str, Any], limits: tuple[int, int]) -> None:
    for (name, what), limit in zip((("n_train", "labelled"), ("n_positive", "positive")), limits, strict=True):
        if counts[name] < limit:
            raise NotEnoughLabelsError(f"{counts[name]} {what} rows, and at least {limit} are needed")


def _out_of_fold(
    candidate: Candidate, rows: SharedRows, columns: np.ndarray, seconds: dict[str, float], progress: Progress | None
) -> np.ndarray:
    y, weight = rows.labels[candidate.strategy]
    frame, groups = rows.data.frame().iloc[:, columns], rows.data.groups
    proba = np.full(len(y), np.nan)
    for number, (train, test) in enumerate(rows.split, start=1):
        part = f"fold {number} of {len(rows.split.folds)} of {candidate.name}"
        labelled = train[~np.isnan(y[train])]
        if np.unique(y[labelled] >= 0.5).size < 2:
            raise NotEnoughLabelsError(f"the labels of {part} are of one class")
        clock = time.perf_counter()
        fitted, medians = fit_trainer(
            candidate.trainer, frame.iloc[labelled], y[labelled], weight[labelled], groups[labelled], progress, part=part
        )
        seconds["fit"] += time.perf_counter() - clock
        clock = time.perf_counter()
        proba[test] = checked_predict(fitted, frame.iloc[test], medians, part=part)
        seconds["predict"] += time.perf_counter() - clock
    return proba


def _table(candidate: Candidate, rows: SharedRows, proba: np.ndarray) -> pa.Table:
    """Return the predictions beside keys, fold, gold label and the label trained on; NaN is null."""
    y, weight = rows.labels[candidate.strategy]
    columns = {name: rows.data.keys[name] for name in rows.data.keys.column_names}
    for name, values in (("gold", rows.gold), ("label", y), ("weight", weight)):
        columns[name] = pa.array(values, mask=np.isnan(values))
    return pa.table(columns | {"fold": pa.array(rows.fold), "score": pa.array(proba)})


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file that is there as a whole or not at all, in a folder that is nobody else's: scores tell about addresses.

    Args:
        write: called with the path to write to.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

"""Fits a fresh copy of a trainer, with missing values imputed if the trainer does not accept them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.errors import UsageError, user_code
from trainer.models.base import ModelTrainer

if TYPE_CHECKING:
    import pandas as pd

ADVICE = {
    "Expected more than 1 value per channel when training": (
        "BatchNorm cannot train on a batch of one row, which the last batch is here; change the batch size, or leave that batch "
        "out with DataLoader(…, drop_last=True)"
    )
}
"""What to change, by the start of the message of an exception that trainers written after the guide often raise."""


def fit_trainer(
    template: ModelTrainer,
    frame: pd.DataFrame,
    y: np.ndarray,
    weight: np.ndarray,
    groups: np.ndarray | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    *,
    part: str = "",
) -> tuple[ModelTrainer, np.ndarray | None]:
    """Return a trained copy of `template`, and the medians float32 (d,) that impute missing values for it, if any.

    Args:
        template: an untrained trainer; it is left as it is.
        frame: X float32 (n, d), NaN where missing.
        y, weight: (n,) in [0, 1]; (n,) not negative.
        groups: (n,) equal for rows of one address; passed to a trainer with `accepts_groups`.
        progress: called with (what, done, total) during training; by default the template's.
        part: which part of the data this is, for error messages: "fold 2 of 5".

    Raises:
        UserCodeError: the trainer is not one of the package's own and raises an exception.
    """
    import pandas as pd

    callback = template.progress if progress is None else progress
    with user_code(template, "__deepcopy__"):
        trainer = copy.deepcopy(template, {id(template.progress): None})
    medians = None if trainer.accepts_missing else medians_of(frame)
    filled = frame if medians is None else fill_missing(frame, medians)
    filled = filled.reset_index(drop=True)
    rows: dict[str, Any] = {"groups": groups} if trainer.accepts_groups and groups is not None else {}
    if callback is not None:
        trainer.progress = callback
    try:
        with user_code(trainer, "train", rows_of(part, len(frame)), _advice):
            trainer.train(filled, pd.Series(y, name="label"), pd.Series(weight, name="weight"), **rows)
    finally:
        trainer.__dict__.pop("progress", None)  # a trained model must not keep a reference to a terminal
    return trainer, medians


def check_options(trainer: ModelTrainer) -> None:
    """Check a trainer's options before any data is read; those of a subclass with a `train` of its own are not checked.

    Raises:
        UsageError: `train` would refuse an option, whatever the data.
    """
    trains, checks = (next(kind for kind in type(trainer).__mro__ if name in vars(kind)) for name in ("train", "check_options"))
    if issubclass(checks, trains):
        with user_code(trainer, "check_options"):
            trainer.check_options()


def checked_predict(trainer: ModelTrainer, frame: pd.DataFrame, medians: np.ndarray | None, *, part: str = "") -> np.ndarray:
    """Return the trainer's prediction float64 (n,) for `frame` (n, d), missing values filled with `medians` (d,) if given.

    Args:
        part: which part of the data this is, for error messages.

    Raises:
        UserCodeError: the trainer is not one of the package's own and raises an exception.
        UsageError: the trainer returns another number of values, or a value that is not a probability.
    """
    filled = frame if medians is None else fill_missing(frame, medians)
    with user_code(trainer, "predict", rows_of(part, len(frame)), _advice):
        proba = np.asarray(trainer.predict(filled), dtype=np.float64).reshape(-1)
    name = type(trainer).__name__
    if proba.shape != (len(frame),):
        raise UsageError(f"{name}.predict returned {proba.size} values for {len(frame)} rows.")
    if not (np.isfinite(proba).all() and (proba >= 0).all() and (proba <= 1).all()):
        raise UsageError(f"{name}.predict returned values that are not probabilities in [0, 1].")
    return proba


def medians_of(frame: pd.DataFrame) -> np.ndarray:
    """Return the median float32 (d,) of each column of `frame` (n, d), 0 for a column without any value."""
    return np.nan_to_num(frame.median(axis=0, skipna=True).to_numpy(dtype=np.float32))


def fill_missing(frame: pd.DataFrame, medians: np.ndarray) -> pd.DataFrame:
    """Return `frame` (n, d) as float32 with each NaN replaced by its column's median (d,)."""
    import pandas as pd

    values = frame.to_numpy(dtype=np.float32)
    return pd.DataFrame(np.where(np.isnan(values), medians, values), columns=frame.columns)


def rows_of(part: str, count: int) -> str:
    """Return how an error message names the rows a trainer was given."""
    return f"{part} ({count} rows)" if part else f"{count} rows"


def _advice(error: Exception) -> str:
    return next((change for start, change in ADVICE.items() if str(error).startswith(start)), "")

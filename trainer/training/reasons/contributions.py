"""The contributions of a saved model, checked: its trainer may be a user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainer.errors import ArtifactError, UsageError, user_code
from trainer.models import Contributions, fill_missing

if TYPE_CHECKING:
    import pandas as pd

    from trainer.registry import artifact

BACKGROUND = 1000  # rows that stand for the average of many, evenly spaced
TOLERANCE = 1e-6


def contributions_of(loaded: artifact.Artifact, frame: pd.DataFrame, background: pd.DataFrame | None = None) -> Contributions:
    """Return how much each feature moves the raw score of each row of `frame` (n, d), before calibration.

    Args:
        loaded: a saved model.
        frame: exactly the model's features, in order; NaN where missing.
        background: rows that stand for the average, for models that need some; by default those of `frame`.

    Raises:
        ArtifactError: the frame has other columns than the model.
        UsageError: the trainer is a user's own, and its contributions do not add up, or it has none and there are too many rows.
        UserCodeError: the trainer is a user's own and raises an exception.
    """
    if list(frame.columns) != [feature.name for feature in loaded.meta.features]:
        raise ArtifactError(f"The matrix does not have the columns of model {loaded.meta.model_id} in their order.")
    others = sampled(frame if background is None else background)
    if loaded.meta.medians is not None:
        medians = np.array(loaded.meta.medians, dtype=np.float32)
        frame, others = fill_missing(frame, medians), fill_missing(others, medians)
    with user_code(loaded.trainer, "contributions", f"{len(frame)} rows"):
        found = loaded.trainer.contributions(frame, others)
    _check(found, frame.shape, type(loaded.trainer).__name__)
    return found


def sampled(background: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a background (m, d), or 1000 of them, evenly spaced."""
    if len(background) <= BACKGROUND:
        return background
    return background.iloc[np.linspace(0, len(background) - 1, BACKGROUND).astype(int)]


def _check(found: Contributions, shape: tuple[int, ...], name: str) -> None:
    if np.shape(found.values) != shape or np.shape(found.raw) != shape[:1]:
        raise UsageError(f"{name}.contributions returned {np.shape(found.values)} values for a matrix of {shape}.")
    gap = np.abs(found.base + found.values.sum(axis=1) - found.raw)
    if not (np.isfinite(found.values).all() and np.isfinite(found.raw).all() and gap.max(initial=0.0) <= TOLERANCE):
        raise UsageError(
            f"The contributions of {name} and their base do not add up to the raw score; end the method with Contributions.of(…)."
        )

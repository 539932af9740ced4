"""A few rows on which a library checks its parameters before any data is read."""

from __future__ import annotations

from typing import Any

import numpy as np

ROWS = 64
# Parameters with a value per column, or that name columns: how many there are is known only with the data.
OF_COLUMNS = (
    "monotone_constraints",
    "interaction_constraints",
    "feature_weights",
    "feature_contri",
    "max_bin_by_feature",
    "forcedsplits_filename",
    "forcedbins_filename",
    "ignore_column",
)


def trial_rows() -> tuple[np.ndarray, np.ndarray]:
    """Return X float32 (64, 2) and y float32 (64,) of 0 and 1."""
    X = np.arange(2 * ROWS, dtype=np.float32).reshape(ROWS, 2)
    return X, (np.arange(ROWS) % 2).astype(np.float32)


def without_columns(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that do not depend on the columns."""
    return {name: value for name, value in parameters.items() if name not in OF_COLUMNS}

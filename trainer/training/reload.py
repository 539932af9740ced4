"""Checks that a saved model, loaded again, predicts what the trained one predicts; a model that does not is never registered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.errors import ArtifactError, TrainerError
from trainer.registry import artifact

if TYPE_CHECKING:
    import pandas as pd

    from trainer.models import ModelTrainer
    from trainer.registry import ModelMeta

ROWS = 1000  # spread over all rows
TOLERANCE = 1e-9


def sampled_rows(count: int) -> np.ndarray:
    """Return the numbers of up to 1000 rows of so many, spread over all."""
    return np.arange(0, count, -(-count // ROWS))


def require_reload(folder: Path, meta: ModelMeta, fitted: ModelTrainer, frame: pd.DataFrame) -> None:
    """Check that the model in `folder` predicts what `fitted` does, within 1e-9, on up to 1000 rows of `frame` (n, d).

    Raises:
        ArtifactError: it cannot be loaded, or predicts something else.
    """
    rows = frame.iloc[sampled_rows(len(frame))].reset_index(drop=True)
    name = type(fitted).__name__
    try:
        expected = artifact.Artifact(meta, fitted).predict(rows)
        found = artifact.load(folder, type(fitted)).predict(rows)
    except TrainerError as error:
        raise ArtifactError(f"The trained model was not kept, because it cannot be loaded again: {error}") from error
    difference = float(np.abs(found - expected).max())
    if difference > TOLERANCE:
        raise ArtifactError(
            f"The trained model was not kept, because it predicts something else when it is loaded again (scores differ by up to "
            f"{difference:.3g}); {name}.save and {name}.load must keep all that predict uses."
        )

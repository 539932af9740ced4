"""Small models as JSON: named numbers and arrays, checked when they are read; floats are restored to the last bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from trainer.errors import ArtifactError

MAX_BYTES = 256 * 1024 * 1024


def write_numbers(path: str, values: dict[str, Any]) -> None:
    """Write named numbers and arrays, of any shape, as one JSON object.

    Raises:
        ValueError: a number is not finite.
    """
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}
    Path(path).write_text(json.dumps(plain, allow_nan=False), encoding="utf-8")


def read_numbers(path: str, shapes: dict[str, tuple[int | str, ...]]) -> dict[str, np.ndarray]:
    """Return the float64 arrays that `write_numbers` wrote, by name.

    Args:
        path: the file.
        shapes: shape by name; a letter stands for the same length wherever it occurs: {"knots": ("k", "d"), "slope": ()}.

    Raises:
        ArtifactError: the file is not a JSON object of exactly these names, with finite numbers in these shapes.
    """
    stored = read_object(path)
    if set(stored) != set(shapes):
        raise ArtifactError(f"{path} must hold exactly {', '.join(sorted(shapes))}.")
    sizes: dict[str, int] = {}
    arrays = {}
    for name, shape in shapes.items():
        try:
            array = np.array(stored[name], dtype=np.float64)
        except (ValueError, TypeError, OverflowError) as error:
            raise ArtifactError(f"{name} in {path} is not an array of numbers.") from error
        expected = tuple(sizes.setdefault(size, length) if isinstance(size, str) else size
                         for size, length in zip(shape, array.shape, strict=False))  # fmt: skip
        if array.ndim != len(shape) or array.shape != expected or not np.isfinite(array).all():
            raise ArtifactError(f"{name} in {path} has the wrong shape, or a number that is not finite.")
        arrays[name] = array
    return arrays


def read_object(path: str) -> dict[str, Any]:
    """Return the JSON object in a file of at most 256 MiB.

    Raises:
        ArtifactError: the file is larger, or does not hold a JSON object.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ArtifactError(f"{path} is larger than 256 MiB, the limit for a model in JSON.")
        stored = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is not valid JSON.") from error
    if not isinstance(stored, dict):
        raise ArtifactError(f"{path} does not hold a JSON object.")
    return stored

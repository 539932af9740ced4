"""Small models as JSON: numbers by name, checked when they are read; floats come back to the last bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from trainer.errors import ArtifactError

MAX_BYTES = 256 * 1024 * 1024


def write_numbers(path: str, values: dict[str, Any]) -> None:
    """Write numbers, text and arrays (as nested lists) by name."""
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}
    Path(path).write_text(json.dumps(plain, allow_nan=False), encoding="utf-8")


def read_numbers(path: str, shapes: dict[str, tuple[int | str, ...]]) -> dict[str, np.ndarray]:
    """Return float64 arrays by name.

    Args:
        shapes: of each name that must be there; a letter stands for the same number wherever it occurs.

    Raises:
        ArtifactError: the file is no JSON object of exactly these names, shapes and finite numbers.
    """
    found = read_object(path)
    if set(found) != set(shapes):
        raise ArtifactError(f"{path} must hold exactly {', '.join(sorted(shapes))}.")
    sizes: dict[str, int] = {}
    arrays = {}
    for name, shape in shapes.items():
        try:
            array = np.array(found[name], dtype=np.float64)
        except (ValueError, TypeError, OverflowError) as error:
            raise ArtifactError(f"{name} in {path} is no array of numbers.") from error
        expected = tuple(sizes.setdefault(size, length) if isinstance(size, str) else size
                         for size, length in zip(shape, array.shape, strict=False))  # fmt: skip
        if array.ndim != len(shape) or array.shape != expected or not np.isfinite(array).all():
            raise ArtifactError(f"{name} in {path} does not have the shape it must have, or is not finite.")
        arrays[name] = array
    return arrays


def read_object(path: str) -> dict[str, Any]:
    """Return the JSON object in a file of at most 256 MiB.

    Raises:
        ArtifactError: there is none in it.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ArtifactError(f"{path} is larger than any model of this kind.")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is no JSON.") from error
    if not isinstance(found, dict):
        raise ArtifactError(f"{path} is no JSON object.")
    return found

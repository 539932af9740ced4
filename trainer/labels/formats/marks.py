"""What recognisers of publishers' lists share: the parsed file, and the kind of its addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trainer.addresses import problem
from trainer.errors import BadInputError
from trainer.labels.formats.base import read_json
from trainer.uploads import MEBIBYTE

MAX_BYTES = 64 * MEBIBYTE  # no label list is larger
SITE = re.compile(r"[^\s.]+(\.[^\s.]+)+")
"""The domain of a site."""


def json_content(path: Path) -> Any:
    """Return the parsed content of a .json file; None if it is none, is damaged or is larger than any label list."""
    if path.suffix.lower() != ".json":
        return None
    try:
        return None if path.stat().st_size > MAX_BYTES else read_json(path, "JSON")
    except (BadInputError, OSError):
        return None


def are_addresses(values: Iterable[str], network: str) -> bool:
    """Return whether at least half of the values, and at least one, are addresses of a network.

    Not all: published lists hold a few misspelt addresses, and a few of other networks.
    """
    matches = [problem(value.strip(), network) is None for value in values]
    return any(matches) and sum(matches) * 2 >= len(matches)

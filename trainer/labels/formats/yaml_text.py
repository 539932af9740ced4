"""Parses the YAML of a publisher's list: every scalar is text, nothing is built or executed, and nesting is limited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from trainer.errors import BadInputError
from trainer.uploads import first_line

# The base loader reads every scalar as text (an unquoted 0x… is not parsed as a number), builds no objects from YAML tags
# and expands no merge keys. Aliases share their target and nested values are never expanded, so an alias bomb stays small.
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
MAX_DEPTH = 32


def load_yaml(path: Path, text: str) -> Any:
    """Return the text of a YAML file as lists, dictionaries and strings.

    Raises:
        BadInputError: the text is not one YAML document, or is nested deeper than MAX_DEPTH.
    """
    try:
        _require_depth(path, text)
        return yaml.load(text, Loader=LOADER)  # noqa: S506  builds only text, lists and dictionaries
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is not YAML ({first_line(error)}).") from error


def _require_depth(path: Path, text: str) -> None:
    # The C loader composes nested lists recursively: some ten thousand brackets overflow the stack and crash the process.
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise BadInputError(f"{path} is not a list: it is nested deeper than {MAX_DEPTH} levels.")

"""The user's own labels as JSON: a list of objects, or one object per line, in the columns of `raw_address_labels`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError
from trainer.labels.formats.base import LabelFormat, as_text, is_json, read_json, shape_error, text_frame
from trainer.uploads import first_line, read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a JSON list of objects"
LINES = (".jsonl", ".ndjson")


def _read(path: Path) -> pd.DataFrame:
    rows = _read_lines(path) if path.suffix.lower() in LINES else read_json(path, WHAT)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise shape_error(path, WHAT, "its JSON has another shape")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return text_frame(({name: as_text(value) for name, value in row.items()} for row in rows), columns)


def _read_lines(path: Path) -> list[Any]:
    rows = []
    for number, line in enumerate(read_text(path, "a file of JSON lines").splitlines(), start=1):
        if line.strip():
            try:
                rows.append(json.loads(line, parse_float=str, parse_int=str))
            except (ValueError, RecursionError) as error:
                raise BadInputError(f"{path}, line {number}, is not JSON ({first_line(error)}).") from error
    return rows


def _recognises(path: Path, head: bytes) -> bool:
    return path.suffix.lower() in LINES or is_json(path, head, rb"\[\s*(\{|\])")


JSON = LabelFormat("json", _recognises, _read)

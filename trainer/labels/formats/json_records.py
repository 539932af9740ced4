"""The user's own labels as JSON, in the columns of `raw_address_labels`.

Read as a list of objects, one object per line, objects under the key "data", the orientations of `pandas.DataFrame.to_json` and
`to_dict("list")`, or lists of addresses by risk level. Any other object is refused: whether it lists risky or safe addresses
cannot be told from its shape.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError
from trainer.labels.formats.base import LabelFormat, as_text, parse_json, read_json, shape_error, text_frame
from trainer.labels.formats.marks import json_content
from trainer.labels.formats.seen import SCAMSNIFFER_ARCHIVE, json_shape
from trainer.labels.taxonomy import RISK_LEVELS
from trainer.uploads import first_line, read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a JSON table of labels"
LINES = (".jsonl", ".ndjson")
Rows = list[dict[str, Any]]


def _records(value: Any) -> Rows | None:
    """[{"address": …, "risk_level": …}, …]."""
    return value if isinstance(value, list) and all(isinstance(row, dict) for row in value) else None


def _wrapped(value: Any) -> Rows | None:
    """{"data": [{…}, …]}, also with the "schema" that pandas' orientation "table" writes, whose index is no column."""
    if not isinstance(value, dict) or set(value) not in ({"data"}, {"data", "schema"}):
        return None
    rows, schema = _records(value["data"]), value.get("schema", {})
    if rows is None or not isinstance(schema, dict):
        return None
    is_indexed = schema.get("primaryKey") == ["index"]
    return [{name: cell for name, cell in row.items() if not (is_indexed and name == "index")} for row in rows]


def _split(value: Any) -> Rows | None:
    """{"columns": […], "index": […], "data": [[…], …]}, pandas' orientation "split"."""
    if not isinstance(value, dict) or set(value) not in ({"columns", "data"}, {"columns", "data", "index"}):
        return None
    names, rows = value["columns"], value["data"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        return None
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return None
    return [dict(zip(names, row, strict=True)) for row in rows]


def _by_column(value: Any) -> Rows | None:
    """{"address": […], "risk_level": […]}, what `to_dict("list")` returns."""
    if not isinstance(value, dict) or "address" not in value or set(value) == SCAMSNIFFER_ARCHIVE:
        return None
    columns = list(value.values())
    if not all(isinstance(cells, list) and len(cells) == len(columns[0]) for cells in columns):
        return None
    return [dict(zip(value, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _by_column_and_row(value: Any) -> Rows | None:
    """{"address": {"0": …, "1": …}, "risk_level": {"0": …, "1": …}}, pandas' default."""
    if not isinstance(value, dict) or not isinstance(value.get("address"), dict):
        return None
    rows = value["address"]
    if not all(isinstance(cells, dict) and cells.keys() == rows.keys() for cells in value.values()):
        return None
    return [{name: cells[row] for name, cells in value.items()} for row in rows]


def _by_level(value: Any) -> Rows | None:
    """{"low": [addresses], "high": [addresses]}."""
    if not isinstance(value, dict) or not value or any(key.strip().lower() not in RISK_LEVELS for key in value):
        return None
    if not all(isinstance(listed, list) and all(isinstance(one, str) for one in listed) for listed in value.values()):
        return None
    return [{"address": one, "risk_level": key.strip().lower()} for key, listed in value.items() for one in listed]


SHAPES: tuple[Callable[[Any], Rows | None], ...] = (_records, _wrapped, _split, _by_column, _by_column_and_row, _by_level)


def _rows(value: Any) -> Rows | None:
    """Return the rows of the one shape that a parsed file has; None if it has none of them."""
    return next((rows for shape in SHAPES if (rows := shape(value)) is not None), None)


def _read(path: Path) -> pd.DataFrame:
    value = _read_lines(path) if path.suffix.lower() in LINES else read_json(path, WHAT)
    rows = _rows(value)
    if rows is None:
        raise shape_error(path, WHAT, f"it is {json_shape(value)}")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return text_frame(({name: as_text(value) for name, value in row.items()} for row in rows), columns)


def _read_lines(path: Path) -> list[Any]:
    rows = []
    for number, line in enumerate(read_text(path, "a file of JSON lines").splitlines(), start=1):
        if line.strip():
            try:
                rows.append(parse_json(line))
            except (ValueError, RecursionError) as error:
                raise BadInputError(f"{path}, line {number}, is not JSON ({first_line(error)}).") from error
    return rows


def _recognises(path: Path, head: bytes) -> bool:  # noqa: ARG001  the shape of the whole file counts
    return path.suffix.lower() in LINES or _rows(json_content(path)) is not None


JSON = LabelFormat("json", _recognises, _read, description="your own labels as JSON")

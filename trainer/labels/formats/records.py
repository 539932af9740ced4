"""Reads lists that publishers offer both as CSV and as a JSON list of objects."""

from __future__ import annotations

import csv
import io
import json
import re
from itertools import islice
from pathlib import Path

from trainer.labels.formats.base import as_text, read_json, shape_error
from trainer.uploads import read_csv


def read_records(path: Path, what: str, required: frozenset[str]) -> list[dict[str, str]]:
    """Return the records of a .json file, or else of a CSV file, as text; '' for null.

    Args:
        what: the kind of file expected, with an article, for messages.
        required: the fields that every record must have.

    Raises:
        BadInputError: the file cannot be read, is cut short, or a record lacks a field.
    """
    if path.suffix.lower() == ".json":
        parsed = read_json(path, what)
        if not isinstance(parsed, list) or not all(isinstance(record, dict) for record in parsed):
            raise shape_error(path, what, "its JSON is not a list of objects")
        records = [{name: as_text(value) for name, value in record.items()} for record in parsed]
    else:
        frame = read_csv(path)
        if missing := sorted(required - set(frame.columns)):
            raise shape_error(path, what, f"it has no column {', '.join(missing)}")
        columns = [frame[name].tolist() for name in frame.columns]
        records = [dict(zip(frame.columns, values, strict=True)) for values in zip(*columns, strict=True)]
    for number, record in enumerate(records, start=1):
        if missing := sorted(required - set(record)):
            raise shape_error(path, what, f"record {number} has no {', '.join(missing)}")
    return records


def first_record(path: Path, head: bytes) -> dict[str, str]:
    """Return the first record in the first bytes of a CSV or JSON file; {} if there is none."""
    text = head.decode("utf-8-sig", errors="ignore")
    try:
        if path.suffix.lower() == ".csv":
            rows = list(islice(csv.reader(io.StringIO(text), skipinitialspace=True), 2))
            header = [name.strip() for name in rows[0]] if rows else []
            return dict.fromkeys(header, "") | dict(zip(header, rows[1] if len(rows) > 1 else (), strict=False))
        start = re.match(r"\s*\[\s*(?=\{)", text)
        if path.suffix.lower() != ".json" or start is None:
            return {}
        record, _ = json.JSONDecoder().raw_decode(text, start.end())
        return {name: as_text(value) for name, value in record.items()}
    except (ValueError, RecursionError, csv.Error):
        return {}

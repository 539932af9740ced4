"""Labels that a reviewer decided on, v1, as CSV or JSON. One row per decision.

Shape: the columns of COLUMNS as CSV; or JSON with `schema` "chain-insights.curated-labels.v1", `generated_at_timestamp` and
`rows` of the same fields. Times are in milliseconds.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError
from trainer.labels.formats.base import PROVENANCE, VALID_FROM, LabelFormat, as_text, is_json, read_json, shape_error, text_frame
from trainer.labels.formats.records import first_record
from trainer.uploads import read_csv

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a document of curated labels, version 1"
SCHEMA = "chain-insights.curated-labels.v1"
FINDINGS = "detection-findings"
SCHEMA_OF_A_DOCUMENT = re.compile(rb'"schema"\s*:\s*"chain-insights\.(?:curated-labels|detection-findings)\.')
DECIDED_AT, GENERATED_AT = "decided_at_timestamp", "generated_at_timestamp"
COLUMNS = ("address", "network", "label", "case_id", "decision_id", "doc_ref", DECIDED_AT, "reviewer")
REQUIRED = ("address", "label")
# In milliseconds, from the first block of Bitcoin to 2100; a time in seconds or microseconds is outside.
FIRST_TIME, LAST_TIME = 1_230_940_800_000, 4_102_444_800_000


def _read(path: Path) -> pd.DataFrame:
    if path.suffix.lower() == ".json":
        records, generated = _from_json(path)
    else:
        frame, generated = read_csv(path), ""
        if tuple(frame.columns) != COLUMNS:
            raise shape_error(path, WHAT, f"its columns are {', '.join(frame.columns)[:200]}")
        records = [dict(zip(COLUMNS, values, strict=True)) for values in frame.itertuples(index=False, name=None)]
    _require_reviewers(path, records)
    rows = (
        {
            "address": record["address"],
            "category": record["label"],
            PROVENANCE: record["reviewer"],
            "network": record["network"],
            "address_subtype": record["decision_id"],
            VALID_FROM: _day(path, number, record[DECIDED_AT] or generated),
        }
        for number, record in _decisions(path, records).items()
    )
    return text_frame(rows, ("address", "category", PROVENANCE, "network", "address_subtype", VALID_FROM))


def _from_json(path: Path) -> tuple[list[dict[str, str]], str]:
    """Return the records and the time of the document."""
    document = read_json(path, WHAT)
    if not isinstance(document, dict):
        raise shape_error(path, WHAT, f"its JSON has no schema '{SCHEMA}'")
    schema = as_text(document.get("schema"))
    if FINDINGS in schema:
        raise BadInputError(
            f"{path} has findings of a detector, which nobody has reviewed, and not labels; "
            "load the document of curated labels that its review makes."
        )
    if schema != SCHEMA:
        raise shape_error(path, WHAT, f"its schema is '{schema[:64]}', not '{SCHEMA}'")
    rows = document.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise shape_error(path, WHAT, "its rows are not a list of objects")
    return [{name: as_text(row.get(name)) for name in COLUMNS} for row in rows], as_text(document.get(GENERATED_AT))


def _require_reviewers(path: Path, records: list[dict[str, str]]) -> None:
    for record in records:
        record.update({name: value.strip() for name, value in record.items()})
    for number, record in enumerate(records, start=1):
        if missing := [name for name in REQUIRED if not record[name]]:
            raise shape_error(path, WHAT, f"row {number} has no {', '.join(missing)}")
    if unreviewed := [str(number) for number, record in enumerate(records, start=1) if not record["reviewer"]]:
        raise BadInputError(
            f"{path}: rows without a reviewer are no labels: {', '.join(unreviewed[:10])}{' …' if unreviewed[10:] else ''}; "
            "have them reviewed, or remove them."
        )


def _decisions(path: Path, records: list[dict[str, str]]) -> dict[int, dict[str, str]]:
    """Return row number → record, each decision once; a document may repeat what an earlier one said."""
    first: dict[str, dict[str, str]] = {}
    kept = {}
    for number, record in enumerate(records, start=1):
        decision = record["decision_id"]
        if decision and first.setdefault(decision, record) is not record:
            if any(first[decision][name] != record[name] for name in ("address", "network", "label")):
                raise shape_error(path, WHAT, f"row {number} contradicts an earlier row with the decision '{decision[:64]}'")
            continue
        kept[number] = record
    return kept


def _day(path: Path, number: int, time: str) -> str:
    """Return the day, in UTC, of a time in milliseconds; '' if there is none."""
    if not time:
        return ""
    if not (time.isascii() and time.isdigit() and len(time) <= len(str(LAST_TIME))) or not FIRST_TIME <= int(time) <= LAST_TIME:
        raise shape_error(path, WHAT, f"row {number}: {DECIDED_AT} '{time[:64]}' is not a time in milliseconds")
    return datetime.fromtimestamp(int(time) / 1000, UTC).date().isoformat()


def _recognises(path: Path, head: bytes) -> bool:
    if path.suffix.lower() == ".csv":
        return list(first_record(path, head)) == list(COLUMNS)
    # Findings are recognised too, so that the error says why they are no labels.
    return is_json(path, head, rb"\{") and SCHEMA_OF_A_DOCUMENT.search(head) is not None


CURATED_LABELS = LabelFormat(
    "curated-labels",
    _recognises,
    _read,
    publisher="curated-labels",
    description="decisions of reviewers, curated labels version 1",
)

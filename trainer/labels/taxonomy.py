"""Maps publishers' categories to risk levels: the seeds `label_taxonomy` and `label_provenance` of the dbt project."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from trainer.errors import BadInputError
from trainer.settings import seed_file

TAXONOMY = "label_taxonomy"
PROVENANCE = "label_provenance"
UNKNOWN_PROVENANCE = "unknown"
RISK_LEVELS = ("low", "medium", "high", "critical")
RISKY_LEVELS = ("high", "critical")


@dataclass(frozen=True)
class Meaning:
    """The meaning of a publisher's term: a risk level, and a confidence in [0, 1] that depends on the provenance."""

    term: str
    risk_level: str
    confidence: float
    provenance_class: str


@dataclass(frozen=True)
class _Entry:
    risk_level: str
    confidence: float | None
    provenance_class: str


class Taxonomy:
    """The mapped terms, by publisher."""

    def __init__(self, entries: dict[tuple[str, str], _Entry], confidences: dict[str, float]) -> None:
        self._entries = entries
        self._confidences = confidences

    def meaning(self, publisher: str, category: str, name: str = "", provenance: str = "") -> Meaning | None:
        """Return the meaning of a publisher's category, else of the name it gives the address; None if neither is mapped.

        A name alone never makes an address benign: anybody may name a token after an exchange.

        Args:
            provenance: the provenance class the publisher states; an unknown class is replaced by the taxonomy's default.
        """
        for term in (category.strip(), name.strip()):
            entry = self._entries.get((publisher, term.lower()))
            is_name = term != category.strip()
            if entry is not None and entry.risk_level and (not is_name or entry.risk_level in RISKY_LEVELS):
                stated = provenance.strip().lower()
                provenance_class = stated if stated in self._confidences else entry.provenance_class
                confidence = self._confidences[provenance_class] if entry.confidence is None else entry.confidence
                return Meaning(term, entry.risk_level, confidence, provenance_class)
        return None

    def risky_terms(self) -> list[str]:
        """Return the terms of all publishers with a risky level, in lower case, sorted."""
        return sorted({term for (_, term), entry in self._entries.items() if entry.risk_level in RISKY_LEVELS})

    def is_listed(self, publisher: str, category: str) -> bool:
        """Return whether the taxonomy has an entry for the category, with or without a risk level."""
        return (publisher, category.strip().lower()) in self._entries


def read_taxonomy(seeds: Path | None = None) -> Taxonomy:
    """Return the taxonomy of the dbt project in use.

    Args:
        seeds: the folder of the two seeds, if not the project's.

    Raises:
        BadInputError: a seed is missing or has an invalid row; the message names the line.
    """
    confidences = {
        row["provenance_class"]: _confidence(row["confidence"], place) for place, row in _rows(seeds, PROVENANCE, "confidence")
    }
    confidences.setdefault(UNKNOWN_PROVENANCE, 0.0)
    entries = {}
    for place, row in _rows(seeds, TAXONOMY, "risk_level"):
        key = row["publisher"].strip(), row["category"].strip().lower()
        if key in entries:
            raise BadInputError(f"{place}: the category '{key[1]}' of {key[0]} appears twice.")
        if row["risk_level"] and row["risk_level"] not in RISK_LEVELS:
            raise BadInputError(f"{place}: risk_level '{row['risk_level'][:64]}' is not one of {', '.join(RISK_LEVELS)}.")
        provenance = row["provenance_class"] or UNKNOWN_PROVENANCE
        if provenance not in confidences:
            raise BadInputError(f"{place}: {PROVENANCE}.csv has no class '{provenance[:64]}'.")
        confidence = _confidence(row["confidence"], place) if row["confidence"] else None
        entries[key] = _Entry(row["risk_level"], confidence, provenance)
    return Taxonomy(entries, confidences)


def _rows(folder: Path | None, seed: str, needed: str) -> list[tuple[str, dict[str, str]]]:
    """Return the rows of a seed, each with its file and line for messages."""
    path = seed_file(seed) if folder is None else folder / f"{seed}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream, restval="", restkey="rest"))
    except (OSError, ValueError, csv.Error) as error:
        raise BadInputError(f"The seed {path} cannot be read ({error}).") from error
    if rows and needed not in rows[0]:
        raise BadInputError(f"The seed {path} has no column {needed}.")
    return [(f"{path}, line {number}", row) for number, row in enumerate(rows, start=2)]


def _confidence(text: str, place: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise BadInputError(f"{place}: confidence '{text[:64]}' is not a number in [0, 1].")
    return value

"""What publishers' words for an address mean: the seeds `label_taxonomy` and `label_provenance`, read from the dbt project."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from trainer.errors import BadInputError
from trainer.settings import project_dir

TAXONOMY = "label_taxonomy"
PROVENANCE = "label_provenance"
NOBODY_KNOWS = "unknown"
RISK_LEVELS = ("low", "medium", "high", "critical")


@dataclass(frozen=True)
class Meaning:
    """What a word stands for: a risk level, and a confidence in [0, 1] that comes with a way of knowing."""

    word: str
    risk_level: str
    confidence: float
    provenance_class: str


@dataclass(frozen=True)
class _Entry:
    risk_level: str
    confidence: float | None
    provenance_class: str


class Taxonomy:
    """The words that are mapped, by publisher."""

    def __init__(self, entries: dict[tuple[str, str], _Entry], confidences: dict[str, float]) -> None:
        self._entries = entries
        self._confidences = confidences

    def meaning(self, publisher: str, category: str, name: str = "", provenance: str = "") -> Meaning | None:
        """Return what a publisher's category means, else what the name it gives means; None where neither is mapped.

        `provenance` is how the publisher says it knows; a word that is no known class leaves the taxonomy's own.
        """
        for word in (category.strip(), name.strip()):
            entry = self._entries.get((publisher, word.lower()))
            if entry is not None and entry.risk_level:
                known = provenance.strip().lower()
                found = known if known in self._confidences else entry.provenance_class
                confidence = self._confidences[found] if entry.confidence is None else entry.confidence
                return Meaning(word, entry.risk_level, confidence, found)
        return None

    def is_listed(self, publisher: str, category: str) -> bool:
        """Return whether the taxonomy has the word at all, be it to say that it means nothing."""
        return (publisher, category.strip().lower()) in self._entries


def read_taxonomy(seeds: Path | None = None) -> Taxonomy:
    """Return the taxonomy of the dbt project in use.

    Raises:
        BadInputError: a seed is missing, or a row of it cannot be used; the row is named.
    """
    folder = project_dir() / "seeds" if seeds is None else seeds
    confidences = {
        row["provenance_class"]: _confidence(row["confidence"], place) for place, row in _rows(folder, PROVENANCE, "confidence")
    }
    confidences.setdefault(NOBODY_KNOWS, 0.0)
    entries = {}
    for place, row in _rows(folder, TAXONOMY, "risk_level"):
        key = row["publisher"].strip(), row["category"].strip().lower()
        if key in entries:
            raise BadInputError(f"{place}: the category '{key[1]}' of {key[0]} is there twice.")
        if row["risk_level"] and row["risk_level"] not in RISK_LEVELS:
            raise BadInputError(f"{place}: risk_level '{row['risk_level'][:64]}' is not one of {', '.join(RISK_LEVELS)}.")
        provenance = row["provenance_class"] or NOBODY_KNOWS
        if provenance not in confidences:
            raise BadInputError(f"{place}: {PROVENANCE}.csv has no class '{provenance[:64]}'.")
        own = _confidence(row["confidence"], place) if row["confidence"] else None
        entries[key] = _Entry(row["risk_level"], own, provenance)
    return Taxonomy(entries, confidences)


def _rows(folder: Path, seed: str, needed: str) -> list[tuple[str, dict[str, str]]]:
    path = folder / f"{seed}.csv"
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

"""A user's own words for risk levels: a CSV file of category, risk_level and, optionally, confidence_score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.errors import BadInputError
from trainer.labels.taxonomy import RISK_LEVELS
from trainer.uploads import read_csv, require_columns

if TYPE_CHECKING:
    import pandas as pd

Categories = dict[str, tuple[str, str]]
"""Category in lower case → risk level, and confidence as text ('' for the default)."""


def read_categories(path: Path) -> Categories:
    """Return the meaning of each category of a file.

    Raises:
        BadInputError: the file cannot be read, lacks a column, repeats a category or has an invalid value; it names the line.
    """
    frame = read_csv(path)
    require_columns(path, ("category", "risk_level"), list(frame.columns))
    confidences = frame["confidence_score"] if "confidence_score" in frame.columns else [""] * len(frame)
    categories: Categories = {}
    for line, (word, level, confidence) in enumerate(zip(frame["category"], frame["risk_level"], confidences, strict=True), 2):
        key, risk = word.strip().lower(), level.strip().lower()
        if risk not in ("", *RISK_LEVELS):
            raise BadInputError(f"{path}, line {line}: risk_level '{level[:64]}' is not one of {', '.join(RISK_LEVELS)}.")
        if confidence.strip() and not _is_share(confidence):
            raise BadInputError(f"{path}, line {line}: confidence_score '{confidence[:64]}' is not a number in [0, 1].")
        if key in categories:
            raise BadInputError(f"{path}, line {line}: the category '{key[:64]}' appears twice.")
        categories[key] = risk, confidence.strip()
    return categories


def apply_categories(path: Path, frame: pd.DataFrame, categories: Categories) -> pd.DataFrame:
    """Return n rows with label, risk_level and confidence_score by the category of each; '' where the category is unknown.

    The category is in the column `category`, or else in `label`.

    Raises:
        BadInputError: the file has neither column, or a risk_level of its own.
    """
    if "risk_level" in frame.columns:
        raise BadInputError(f"{path} has a column risk_level of its own; leave out --map-category, or map another column to it.")
    column = "category" if "category" in frame.columns else "label"
    require_columns(path, [column], list(frame.columns), "; --map category=… names the column with your words")
    words = frame[column].astype(str).str.strip()
    meanings = [categories.get(word.lower(), ("", "")) for word in words]
    frame = frame.assign(risk_level=[level for level, _ in meanings])
    if "label" not in frame.columns:
        frame = frame.assign(label=words)
    if "confidence_score" not in frame.columns:
        frame = frame.assign(confidence_score=[confidence for _, confidence in meanings])
    return frame


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False

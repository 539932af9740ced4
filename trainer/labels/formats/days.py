"""The dates of publishers as YYYY-MM-DD."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?", re.DOTALL)
_UNIX_SECONDS = re.compile(r"([0-9]{9,10})(?:\.[0-9]*)?")  # from 1973 to 2286
_AMERICAN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/((?:20)?[0-9]{2})")


def iso_day(text: str) -> str:
    """Return the day of an ISO date or time, or of Unix seconds (UTC); '' for anything else."""
    text = text.strip()
    if match := _UNIX_SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(match[1]), UTC).date().isoformat()
    match = _ISO.fullmatch(text)
    return _existing(*match[1].split("-")) if match else ""


def american_day(text: str) -> str:
    """Return the day of a date as month/day/year of this century, such as 7/22/17; '' for anything else."""
    match = _AMERICAN.fullmatch(text.strip())
    return _existing(f"20{match[3][-2:]}", match[1], match[2]) if match else ""


def _existing(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""

"""Reads and checks a user's file safely: what label lists and custom features have in common."""

from __future__ import annotations

from trainer.uploads.checks import note, note_address_problems, note_key_problems, require_key
from trainer.uploads.tables import MEBIBYTE, first_line, read_csv, read_text

__all__ = [
    "MEBIBYTE",
    "first_line",
    "note",
    "note_address_problems",
    "note_key_problems",
    "read_csv",
    "read_text",
    "require_key",
]

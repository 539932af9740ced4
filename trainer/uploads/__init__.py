"""Reads and checks a user's file safely: what label lists and custom features have in common."""

from __future__ import annotations

from trainer.uploads.checks import (
    filled,
    key_arrays,
    note_address_problems,
    note_day_problems,
    note_key_problems,
    note_network_problems,
    note_problem,
    option,
    require_key,
)
from trainer.uploads.rejects import refusal, write_rejects
from trainer.uploads.tables import (
    MEBIBYTE,
    PARQUET_MAGIC,
    first_line,
    map_columns,
    read_csv,
    read_head,
    read_parquet,
    read_text,
    require_columns,
    require_size,
    text_cells,
)

__all__ = [
    "MEBIBYTE",
    "PARQUET_MAGIC",
    "filled",
    "first_line",
    "key_arrays",
    "map_columns",
    "note_address_problems",
    "note_day_problems",
    "note_key_problems",
    "note_network_problems",
    "note_problem",
    "option",
    "read_csv",
    "read_head",
    "read_parquet",
    "read_text",
    "refusal",
    "require_columns",
    "require_key",
    "require_size",
    "text_cells",
    "write_rejects",
]

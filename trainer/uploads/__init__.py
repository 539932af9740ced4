"""Reads and checks a user's file safely: what snapshots, label lists and custom features have in common."""

from __future__ import annotations

from trainer.uploads.checks import (
    filled,
    key_arrays,
    note_address_problems,
    note_control_problems,
    note_day_problems,
    note_key_problems,
    note_network_problems,
    note_problem,
    option,
    require_key,
)
from trainer.uploads.columns import ANSWER, ROW_NUMBER, RowCounter, is_answer, is_index, reason_to_leave_out
from trainer.uploads.proportion import (
    MAX_COLUMNS,
    MAX_TEXT,
    MEBIBYTE,
    decoded,
    open_parquet,
    require_plausible_rows,
    unpacked_bytes,
)
from trainer.uploads.rejects import refusal, rejected_rows
from trainer.uploads.tables import (
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
    "ANSWER",
    "MAX_COLUMNS",
    "MAX_TEXT",
    "MEBIBYTE",
    "PARQUET_MAGIC",
    "ROW_NUMBER",
    "RowCounter",
    "decoded",
    "filled",
    "first_line",
    "is_answer",
    "is_index",
    "key_arrays",
    "map_columns",
    "note_address_problems",
    "note_control_problems",
    "note_day_problems",
    "note_key_problems",
    "note_network_problems",
    "note_problem",
    "open_parquet",
    "option",
    "read_csv",
    "read_head",
    "read_parquet",
    "read_text",
    "reason_to_leave_out",
    "refusal",
    "rejected_rows",
    "require_columns",
    "require_key",
    "require_plausible_rows",
    "require_size",
    "text_cells",
    "unpacked_bytes",
]

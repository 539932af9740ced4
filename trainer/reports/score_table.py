"""The highest scores of a snapshot as a table for people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trainer.model_types import plural
from trainer.reports.page.table import MISSING, Column, Table, table, text

if TYPE_CHECKING:
    from trainer.training import Scores

SEVERITIES = {1: "low", 2: "medium", 3: "high", 4: "critical"}
LABELS = {1: "risky", 0: "benign"}


def score_table(found: Scores) -> Table:
    """Return a table with a row per alert, address or cluster, the highest score first."""
    rows = found.rows()
    ids = dict.fromkeys((found.kind.id_column, "address"))
    columns: list[Column] = [text(name, name.removesuffix("_id")) for name in ids]
    columns.insert(1, ("rank", True, lambda row: f"{row['score_rank']:,}"))
    if not found.kind.is_ranker:
        columns.append(("score", True, lambda row: f"{row['score']:.4f}{_mark(row)}"))
    columns += [
        ("percentile", True, lambda row: f"{row['score_percentile']:.2f}"),
        ("severity", False, lambda row: SEVERITIES.get(row["severity"], MISSING)),
        ("typology", False, lambda row: row["typology_type"] or MISSING),
        ("volume USD", True, lambda row: MISSING if row["volume_usd"] is None else f"{row['volume_usd']:,.0f}"),
        ("label", False, lambda row: LABELS.get(row["label"], MISSING)),
    ]
    first = rows[0]
    title = f"The highest scores of {found.key}"
    shown = table("scores", title, _note(found, len(rows), str(first["scored_at"])[:16]), columns, rows)
    return replace(shown, unbroken=tuple(name.removesuffix("_id") for name in ids))


def _mark(row: dict[str, Any]) -> str:
    return "*" if row.get("is_above_threshold") else ""


def _note(found: Scores, shown: int, scored_at: str) -> str:
    above = f" * at or above the model's threshold {found.threshold:.4f}." if "is_above_threshold" in found.frame else ""
    what = f"{shown:,} of {found.scored:,} {plural(found.kind.grain)}"
    return f"{what}, scored by {found.model_id} at {scored_at} UTC; the view {found.kind.scored_view} has them all.{above}"

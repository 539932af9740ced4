"""Renders a label report as one self-contained HTML page: no network access, no scripts, light and dark mode."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.reports.label_tables import CONFLICT_KINDS, tables
from trainer.reports.page.table import percent, plain

if TYPE_CHECKING:
    from trainer.reports.label_report import LabelReport

TEMPLATES = Path(__file__).parent / "templates"
MATRIX_SOURCES = 20  # the largest sources; the names of more do not fit


def label_page(report: LabelReport) -> str:
    """Return the page as HTML. Publishers' names, categories and rule names are escaped, so they cannot inject markup."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = percent
    return environment.get_template("label_report.html.j2").render(
        report=report,
        tables={table.name: table for table in tables(report)},
        rules=_rules(report),
        strategies=_strategies(report),
        conflicts=_conflicts(report),
        conflict_kinds=list(CONFLICT_KINDS.items()),
        matrix=_matrix(report),
        drift=_drift(report),
    )


def _point(kind: str, row: dict[str, Any], name: str = "accuracy") -> dict[str, Any] | None:
    if row.get(name) is None:
        return None
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    return {
        "kind": kind,
        "value": row[name],
        "low": row[name] if low is None else low,
        "high": row[name] if high is None else high,
    }


def _rules(report: LabelReport) -> list[dict[str, Any]]:
    """Return per rule its shares, and its points in the accuracy chart: prior, accuracy on gold, accuracy learned."""
    learned: dict[tuple[str, int], dict[str, Any]] = {}
    for row in sorted(report.learned, key=lambda row: row["votes"]):
        learned[row["voice"], row["vote"]] = row  # of several confidence steps, the one with the most votes is last and kept
    rows = []
    for rule in report.rules:
        points = [_point("prior", rule, "prior_accuracy"), _point("gold", rule)]
        points += [_point("learned", row) for (voice, _), row in sorted(learned.items()) if voice == rule["rule_id"]]
        shares = [{"kind": name, "value": rule[name] or 0} for name in ("coverage", "overlap", "conflict")]
        rows.append({"name": plain(rule["rule_id"]), "shares": shares, "points": [point for point in points if point]})
    return rows


def _parts(name: str, counts: dict[str, int], whole: int) -> dict[str, Any]:
    """Return a stacked bar: its parts, with start and length as shares of `whole`."""
    parts, start = [], 0
    for kind, count in counts.items():
        parts.append({"kind": kind, "count": count, "start": start / whole, "length": count / whole})
        start += count
    return {"name": plain(name), "parts": parts}


def _strategies(report: LabelReport) -> list[dict[str, Any]]:
    counts = {row["strategy"]: {"risky": row["risky_labels"], "benign": row["benign_labels"]} for row in report.strategies}
    largest = max((sum(count.values()) for count in counts.values()), default=1) or 1
    return [_parts(name, count, largest) for name, count in counts.items()]


def _conflicts(report: LabelReport) -> list[dict[str, Any]]:
    counts = {}
    for row in report.conflict_counts:
        between = "gold" if row["is_among_gold"] else "rules"
        counts[f"{CONFLICT_KINDS[row['kind_of_conflict']]} ({between})"] = {row["kind_of_conflict"]: row["addresses"]}
    largest = max((sum(count.values()) for count in counts.values()), default=1) or 1
    return [_parts(name, count, largest) for name, count in counts.items()]


def _drift(report: LabelReport) -> list[dict[str, Any]]:
    """Return the last step of each strategy and rule, as shares of all addresses that it labelled before or after."""
    last = max((row["next_date"] for row in report.drift), default=None)
    bars = []
    for row in report.drift:
        counts = {kind: row[kind] for kind in ("kept", "gained", "lost", "flipped")}
        if row["next_date"] == last and sum(counts.values()):
            bars.append(
                _parts(row["name"], counts, sum(counts.values())) | {"step": f"{row['previous_date']} → {row['next_date']}"}
            )
    return bars


def _matrix(report: LabelReport) -> dict[str, Any]:
    """Return the largest sources that overlap with others, and per pair the share of the row's opinions that the column holds."""
    overlapping = {row["source"] for row in report.overlaps}
    names = [row["source"] for row in report.sources if row["source"] in overlapping][:MATRIX_SOURCES]
    pairs = {(row["source"], row["other_source"]): row for row in report.overlaps}
    cells = [
        {"row": i, "column": j, "share": pair["contained_share"], "same_lineage": pair["is_same_lineage"]}
        for i, one in enumerate(names)
        for j, other in enumerate(names)
        if (pair := pairs.get((one, other))) is not None
    ]
    return {"names": [plain(name) for name in names], "cells": cells}

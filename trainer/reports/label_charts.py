"""The figures of a label report: each a chart, and a sentence that says what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.reports.label_tables import CONFLICT_KINDS
from trainer.reports.page import Figure, charts, plain
from trainer.reports.page.palette import BLUE, GOLD, GREEN, GREY, PINK, RED

if TYPE_CHECKING:
    from trainer.reports.label_report import LabelReport

Rows = list[dict[str, Any]]
MATRIX_SOURCES = 20  # the largest sources; the names of more do not fit
SHARES = {
    "coverage": BLUE,  # of the snapshot's addresses
    "overlap": GREEN,  # of the rule's addresses
    "conflict": RED,
}
ACCURACIES = {"prior (seed)": GREY, "on gold labels": BLUE, "learned": GOLD}
CHANGES = {"kept": BLUE, "gained": GREEN, "lost": PINK, "flipped": RED}


def rules(report: LabelReport) -> list[Figure]:
    """Return the shares of each rule, and its accuracy: prior, on gold labels, learned."""
    voting = [rule for rule in report.rules if rule["votes"]]
    shares = [{"name": plain(rule["rule_id"]), "kind": kind, "value": rule[kind] or 0} for rule in voting for kind in SHARES]
    if not shares:
        return []
    note = "Coverage is a share of the snapshot’s addresses, overlap and conflict of the rule’s own."
    drawn = charts.grouped_bars(shares, list(SHARES.items()))
    summary = f"Coverage, overlap and conflict of {len(voting)} rules."
    found = [Figure("shares", "Coverage, overlap and conflict", summary, drawn, note=note)]
    if points := _accuracies(report):
        drawn = charts.grouped_estimates(points, list(ACCURACIES.items()), "accuracy, 95 % interval")
        summary = f"Accuracy of {len(voting)} rules with 95 % intervals."
        found.append(Figure("accuracy", "Accuracy", summary, drawn))
    return found


def strategies(report: LabelReport) -> list[Figure]:
    """Return the risky and benign labels of each strategy."""
    rows = [
        {"name": plain(row["strategy"]), "kind": kind, "count": row[f"{kind}_labels"]}
        for row in report.strategies
        for kind in ("risky", "benign")
    ]
    if not rows:
        return []
    drawn = charts.stacked_bars(rows, [("risky", RED), ("benign", BLUE)], "labels")
    summary = f"Risky and benign labels of {len(report.strategies)} strategies."
    return [Figure("strategies", "Risky and benign labels", summary, drawn)]


def overlap(report: LabelReport) -> list[Figure]:
    """Return the share of each publisher's opinions that each other one also holds, for the largest that overlap with others."""
    overlapping = {row["source"] for row in report.overlaps}
    names = [row["source"] for row in report.sources if row["source"] in overlapping][:MATRIX_SOURCES]
    if not names:
        return []
    pairs = {(row["source"], row["other_source"]): row for row in report.overlaps}
    cells = [
        {"row": i, "column": j, "share": pair["contained_share"], "text": _cell(pair)}
        for i, one in enumerate(names, start=1)
        for j, other in enumerate(names, start=1)
        if (pair := pairs.get((one, other))) is not None
    ]
    note = "Percentage of the row’s opinions (an address, and whether it is risky) that the column also holds; * same lineage. "
    note += "; ".join(f"{number} {plain(name)}" for number, name in enumerate(names, start=1)) + "."
    summary = f"Share of the opinions of {len(names)} publishers that another publisher also holds."
    return [Figure("overlap", "Overlap between publishers", summary, charts.heat(cells, len(names)), note=note)]


def conflicts(report: LabelReport) -> list[Figure]:
    """Return the addresses in conflict by kind, among gold labels and among rules."""
    kinds = {CONFLICT_KINDS["opinion"]: RED, CONFLICT_KINDS["name"]: PINK}
    rows = [
        {
            "name": "gold labels" if row["is_among_gold"] else "rules, or rules and gold",
            "kind": CONFLICT_KINDS[row["kind_of_conflict"]],
            "count": row["addresses"],
        }
        for row in report.conflict_counts
    ]
    if not rows:
        return []
    drawn = charts.stacked_bars(rows, list(kinds.items()), "addresses")
    return [Figure("conflicts", "Addresses in conflict", "Addresses in conflict by kind, among gold labels and rules.", drawn)]


def drift(report: LabelReport) -> list[Figure]:
    """Return the last step of each strategy and rule, as shares of all addresses that it labelled before or after."""
    last = max((row["next_date"] for row in report.drift), default=None)
    steps = [row for row in report.drift if row["next_date"] == last and any(row[kind] for kind in CHANGES)]
    if not steps:
        return []
    rows = [{"name": plain(row["name"]), "kind": kind, "count": row[kind]} for row in steps for kind in CHANGES]
    drawn = charts.stacked_bars(rows, list(CHANGES.items()), "share of all addresses labelled on either date", is_share=True)
    summary = f"Labels kept, gained, lost and flipped from {steps[0]['previous_date']} to {last}."
    return [Figure("drift", f"From {steps[0]['previous_date']} to {last}", summary, drawn)]


def _cell(pair: dict[str, Any]) -> str:
    return f"{100 * pair['contained_share']:.0f}{'*' if pair['is_same_lineage'] else ''}"


def _accuracies(report: LabelReport) -> Rows:
    learned: dict[tuple[str, int], dict[str, Any]] = {}
    for row in sorted(report.learned, key=lambda row: row["votes"]):
        learned[row["voice"], row["vote"]] = row  # of several confidence steps, the one with the most votes is last and kept
    prior, gold, model = ACCURACIES
    rows = []
    for rule in (rule for rule in report.rules if rule["votes"]):
        points = [_point(prior, rule, "prior_accuracy"), _point(gold, rule)]
        points += [_point(model, row) for (voice, _), row in sorted(learned.items()) if voice == rule["rule_id"]]
        known = [point for point in points if point]
        rows += [point | {"name": plain(rule["rule_id"]), "place": place} for place, point in enumerate(known)]
    return rows


def _point(kind: str, row: dict[str, Any], name: str = "accuracy") -> dict[str, Any] | None:
    if row.get(name) is None:
        return None
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    return {
        "kind": kind,
        "value": row[name],
        "low": row[name] if low is None else max(0.0, low),  # rounding may leave -1e-17
        "high": row[name] if high is None else min(1.0, high),
    }

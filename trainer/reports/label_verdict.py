"""What a label report comes to, in a few sentences: for someone who reads nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.reports.label_tables import interval
from trainer.reports.page.table import percent, plain

if TYPE_CHECKING:
    from trainer.reports.label_report import LabelReport

DEFAULT_STRATEGY = "address_labels"
CHANCE = 0.5


def label_verdict(report: LabelReport) -> list[str]:
    """Return the verdict of a report, the most important sentence first."""
    return [*_labels(report), *_gold(report), *_rules(report), *_models(report)]


def _labels(report: LabelReport) -> list[str]:
    shown = next((row for row in report.strategies if row["strategy"] == DEFAULT_STRATEGY), None)
    shown = shown or next(iter(report.strategies), None)
    if shown is None:
        return ["No address has a label."]
    most = max(report.strategies, key=lambda row: row["labels"])
    risky = percent(shown["risky_share"])
    said = f"{shown['labels']:,} addresses have a label under {plain(shown['strategy'])}, {risky} of them risky"
    if most["labels"] > shown["labels"]:
        said += f"; the most, {most['labels']:,}, under {plain(most['strategy'])} ({percent(most['risky_share'])} risky)"
    return [f"{said}."]


def _gold(report: LabelReport) -> list[str]:
    disputed = sum(row["addresses"] for row in report.conflict_counts if row["is_among_gold"])
    if not disputed:
        return ["No gold labels contradict each other."]
    return [f"Gold labels contradict each other on {disputed:,} {'address' if disputed == 1 else 'addresses'}."]


def _rules(report: LabelReport) -> list[str]:
    """Name the rules that are right no more often than a coin: where the whole interval is below it, and where it may be."""
    graded = [row for row in report.rules if row["votes"] and row["kind"] != "gold" and row.get("accuracy") is not None]
    if not graded:
        return ["No rule can be evaluated: none votes on an address with a gold label."]
    best = max(graded, key=lambda row: row["accuracy_low"])
    weak = [row for row in graded if row["accuracy_low"] <= CHANCE]
    said = [f"Most reliable rule: {_named(best)} of its votes agree with gold labels."]
    if weak:
        said.append(f"Not shown to be right more often than wrong: {', '.join(map(_named, weak))}.")
    return said


def _named(row: dict[str, Any]) -> str:
    return f"{plain(row['rule_id'])}, {interval(row, 'accuracy')}"


def _models(report: LabelReport) -> list[str]:
    graded = [row for row in report.models if row["auc"]]
    if not graded:
        return []
    best = max(graded, key=lambda row: row["auc"]["value"])
    auc = best["auc"]
    shown = f"{auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]"
    return [f"Highest AUC of a trained model: {shown}, on labels of {plain(best['label_strategy'])}."]

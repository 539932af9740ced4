"""Renders a label report as one self-contained HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.reports import label_charts
from trainer.reports.label_tables import tables
from trainer.reports.label_verdict import label_verdict
from trainer.reports.page import Page, Section, Table, plain, render

if TYPE_CHECKING:
    from trainer.reports.label_report import LabelReport


def label_page(report: LabelReport) -> str:
    """Return the page as HTML. Publishers' names, categories and rule names are escaped, so they cannot inject markup."""
    there = {table.name: table for table in tables(report)}

    def some(*names: str) -> list[Table]:
        return [there[name] for name in names if name in there]

    conflicts, drift = label_charts.conflicts(report), label_charts.drift(report)
    sections = [
        Section("rules", "Rules", figures=label_charts.rules(report), tables=some("rules", "related-features", "learned")),
        Section("strategies", "Strategies", figures=label_charts.strategies(report), tables=some("strategies")),
        Section("sources", "Publishers", figures=label_charts.overlap(report), tables=some("sources")),
        Section(
            "conflicts",
            "Conflicts",
            [] if conflicts else ["No address has conflicting votes."],
            conflicts,
            some("conflict_counts", "conflicts"),
        ),
        Section("drift", "Drift", [] if drift else ["There is no earlier date to compare with."], drift, some("drift")),
        Section(
            "models",
            "Models trained on each strategy",
            [] if "models" in there else ["No model has been trained yet."],
            tables=some("models"),
        ),
        Section("truth", "Ground truth", tables=some("truth", "truth_scores")),
    ]
    lead = f"{report.processing_date}, a window of {report.window_days} days. Intervals are 95 % confidence intervals."
    kept = [one for one in sections if one.notes or one.figures or one.tables]
    return render(Page(f"Labels of {plain(report.network)}", lead, kept, label_verdict(report)))

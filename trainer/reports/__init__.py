"""Reports for readers: text tables and HTML pages."""

from __future__ import annotations

from trainer.reports.comparison_tables import comparison_tables
from trainer.reports.explain import explanation_text
from trainer.reports.label_page import label_page
from trainer.reports.label_report import label_report
from trainer.reports.label_tables import MISSING, Table, source_table, tables
from trainer.reports.model_figures import model_report

__all__ = [
    "MISSING",
    "Table",
    "comparison_tables",
    "explanation_text",
    "label_page",
    "label_report",
    "model_report",
    "source_table",
    "tables",
]

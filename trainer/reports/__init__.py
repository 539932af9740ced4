"""Reports for readers: text tables and HTML pages."""

from __future__ import annotations

from trainer.reports.comparison_tables import comparison_tables
from trainer.reports.explain import explanation_text, folded
from trainer.reports.label_page import label_page
from trainer.reports.label_report import label_report
from trainer.reports.label_tables import source_table, tables
from trainer.reports.label_verdict import label_verdict
from trainer.reports.model_figures import model_report
from trainer.reports.model_list import model_table, sorted_models
from trainer.reports.model_page import model_page
from trainer.reports.page import MISSING, Table, check_page_path, write_page
from trainer.reports.redaction import without_addresses
from trainer.reports.report import report
from trainer.reports.score_table import score_table
from trainer.reports.update_report import update_lines

__all__ = [
    "MISSING",
    "Table",
    "check_page_path",
    "comparison_tables",
    "explanation_text",
    "folded",
    "label_page",
    "label_report",
    "label_verdict",
    "model_named",
    "model_page",
    "model_report",
    "model_table",
    "report",
    "score_table",
    "sorted_models",
    "source_table",
    "tables",
    "update_lines",
    "without_addresses",
    "write_page",
]

"""The page style that all reports share: contents, sections, tables, figures and entries as one self-contained HTML file."""

from __future__ import annotations

from trainer.reports.page.layout import Entry, Figure, Page, Section
from trainer.reports.page.render import framed, render
from trainer.reports.page.table import MISSING, Table, plain
from trainer.reports.page.write import check_page_path, write_page

__all__ = ["MISSING", "Entry", "Figure", "Page", "Section", "Table", "check_page_path", "framed", "plain", "render", "write_page"]

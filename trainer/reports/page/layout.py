"""What a page consists of. All texts are plain text: the template escapes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.reports.page.charts.parts import Drawn
    from trainer.reports.page.table import Table


@dataclass(frozen=True)
class Figure:
    """A chart, and what it shows as text and as a table.

    Attributes:
        name: unique on its page; a letter, then letters, digits and `-`.
        summary: what the chart shows, in a sentence: its accessible name.
        table: its figures, folded below the chart; None where the section has them as a table.
    """

    name: str
    title: str
    summary: str
    chart: Drawn
    table: Table | None = None
    note: str = ""


@dataclass(frozen=True)
class Entry:
    """An item of a ranked list: its title, a value beside it, and sentences about it."""

    title: str
    value: str
    sentences: list[str]
    subtitle: str = ""


@dataclass(frozen=True)
class Section:
    """A section of a page, or part of one: notes, then figures, tables, entries and parts, each where there are any."""

    name: str
    title: str
    notes: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    parts: list[Section] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """A page: title and lead, the verdict (the most important sentence first), key figures (name, value, interval), sections."""

    title: str
    lead: str
    sections: list[Section]
    verdict: list[str] = field(default_factory=list)
    key_figures: list[tuple[str, str, str]] = field(default_factory=list)

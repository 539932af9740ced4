"""Reads a report's page as a reader's browser would: tags in order, ids, links, tables of text."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "br", "img", "input", "hr", "wbr"}


class ReadPage(HTMLParser):
    """A page that was read.

    Attributes:
        tags: names of all elements.
        attributes: name and value of all attributes.
        ids: in their order.
        tables: id → rows of cells, the headers first.
        charts: each as the tags within it, (name, attributes).
        text: all text but of styles.
        lines: its parts between tags, without spaces at their ends.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.charts: list[list[tuple[str, dict[str, Any]]]] = []
        self.text = ""
        self.lines: list[str] = []
        self._open: list[str] = []
        self._table: list[list[str]] = []
        self.feed(page)
        self.close()
        assert self._open == [], f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes += list(found.items())
        self.ids += [found["id"]] if "id" in found else []
        if tag not in VOID:
            self._open.append(tag)
        if tag == "svg":
            self.charts.append([])
        if "svg" in self._open:
            self.charts[-1].append((tag, found))
        if tag == "table":
            self._table = self.tables[found["id"].removeprefix("table-")] = []
        elif tag == "tr":
            self._table.append([])
        elif tag in {"td", "th"}:
            self._table[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-3:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.text += data
        self.lines.append(data.strip())
        if self._open and self._open[-1] in {"td", "th"}:
            self._table[-1][-1] += data

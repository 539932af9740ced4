"""Tables of text and the formats of their cells, the same for the terminal, an HTML page and a notebook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

MISSING = "–"
Row: TypeAlias = dict[str, Any]
Column: TypeAlias = tuple[str, bool, Callable[[Row], str]]
"""Header, whether the column is numeric, and the cell of a row."""


@dataclass(frozen=True)
class Table:
    """A table of text: n headers, whether each of the n columns is numeric, and rows of n cells; `note` explains it.

    `unbroken` are the headers of columns of text whose cells stay on one line: ids that a reader copies.
    """

    name: str
    title: str
    note: str
    headers: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: list[tuple[str, ...]]
    unbroken: tuple[str, ...] = ()


def table(name: str, title: str, note: str, columns: Sequence[Column], rows: Sequence[Row]) -> Table:
    """Return the table of these columns and rows; control characters in cells are replaced."""
    cells = [tuple(plain(cell(row)) for _, _, cell in columns) for row in rows]
    return Table(
        name, title, note, tuple(header for header, _, _ in columns), tuple(is_numeric for _, is_numeric, _ in columns), cells
    )


def plain(value: Any) -> str:
    """Return a value as printable text, a dash for None; control characters, which a terminal would obey, are replaced."""
    shown = MISSING if value is None else str(value)
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in shown)


def percent(value: float | None) -> str:
    """Return a share in [0, 1] as a percentage with one decimal, or a dash for None."""
    return MISSING if value is None else f"{100 * value:.1f} %"


def text(key: str, header: str = "") -> Column:
    """Return a column of text; its header is the key in words unless one is given."""
    return header or key.replace("_", " "), False, lambda row: plain(row[key])


def count(key: str, header: str = "") -> Column:
    """Return a column of whole numbers."""
    return header or key.replace("_", " "), True, lambda row: MISSING if row[key] is None else f"{row[key]:,}"


def share(key: str, header: str = "") -> Column:
    """Return a column of shares in [0, 1], in per cent."""
    return header or key.replace("_", " "), True, lambda row: percent(row[key])


def decimal(key: str, header: str = "", digits: int = 3) -> Column:
    """Return a column of numbers with a fixed number of decimals."""
    return header or key.replace("_", " "), True, lambda row: number(row[key], digits)


def estimate(key: str, header: str = "", digits: int = 4) -> Column:
    """Return a column of estimates {value, low, high} with their intervals in brackets."""
    return header or key.replace("_", " "), True, lambda row: with_interval(row[key], digits)


def share_estimate(key: str, header: str = "") -> Column:
    """Return a column of estimated shares {value, low, high}, in per cent."""
    return header or key.replace("_", " "), True, lambda row: percent_with_interval(row[key])


def number(value: float | None, digits: int) -> str:
    """Return a number with that many decimals, or a dash for None."""
    return MISSING if value is None else f"{value:,.{digits}f}"


def with_interval(one: dict[str, float] | None, digits: int = 4, sign: str = "") -> str:
    """Return an estimate and its interval, or a dash for None; `sign` is `+` for differences."""
    if one is None:
        return MISSING
    value, low, high = (f"{one[part]:{sign}.{digits}f}" for part in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def percent_with_interval(one: dict[str, float] | None) -> str:
    """Return an estimated share and its interval in per cent, or a dash for None."""
    if one is None:
        return MISSING
    value, low, high = (f"{100 * one[part]:.1f}" for part in ("value", "low", "high"))
    return f"{value} % [{low}, {high}]"

"""What charts share: their data, the axis of names, and the colours of kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import altair as alt

    Drawn: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart

Rows: TypeAlias = list[dict[str, Any]]
Kinds: TypeAlias = list[tuple[str, str]]
"""Name and colour of each kind, in order."""
STEP = 24  # units from one name to the next
PERCENT = ".0%"
_SHORT = "length(datum.label) > 36 ? slice(datum.label, 0, 35) + '…' : datum.label"  # measuring a very long name takes seconds


def base(rows: Rows) -> alt.Chart:
    """Return a chart of these rows, without a mark; `position` is the place of a row."""
    import altair as alt

    return alt.Chart(alt.InlineData(values=[row | {"position": place} for place, row in enumerate(rows)]))


def names(rows: Rows, key: str = "name") -> alt.Y:
    """Return the axis of the rows' names, in their order."""
    import altair as alt

    return alt.Y(f"{key}:N", title=None, sort=list(dict.fromkeys(row[key] for row in rows)), axis=alt.Axis(labelExpr=_SHORT))


def color(kinds: Kinds) -> alt.Color:
    """Return the colours of the rows' kinds, with a legend."""
    import altair as alt

    return alt.Color("kind:N", scale=alt.Scale(domain=[name for name, _ in kinds], range=[hue for _, hue in kinds]))

"""Bars: simple, grouped and stacked; and a matrix of shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.reports.page.palette import BLUE, INK, INSIDE

if TYPE_CHECKING:
    import altair as alt

Rows = list[dict[str, Any]]
STEP = 24
PERCENT = ".0%"
Kinds = list[tuple[str, str]]
"""Name and colour of each kind, in order."""


def bars(rows: Rows, title: str) -> alt.LayerChart:
    """Return a bar per row {name, value}, value a share, with its value at its end."""
    import altair as alt

    across = alt.X("value:Q", title=title, axis=alt.Axis(format=PERCENT))
    base = _base(rows)
    return alt.layer(
        base.mark_bar().encode(across, _names(rows)),
        base.mark_text(align="left", dx=4).encode(across, _names(rows), alt.Text("value:Q", format=".1%")),
    ).properties(height={"step": STEP})


def grouped_bars(rows: Rows, kinds: Kinds) -> alt.LayerChart:
    """Return bars beside one another per name: rows {name, kind, value}, value a share."""
    import altair as alt

    scale, base = alt.Scale(domain=[0, 1]), _base(rows)
    across = alt.X("value:Q", title=None, scale=scale, axis=alt.Axis(format=PERCENT))
    offset = alt.YOffset("kind:N", sort=[name for name, _ in kinds])
    return alt.layer(
        base.mark_bar().encode(across, _names(rows), _color(kinds), offset),
        base.mark_text(align="left", dx=4, fontSize=9.5).encode(across, _names(rows), offset, alt.Text("value:Q", format=".1%")),
    ).properties(height={"step": 12, "for": "offset"})


def stacked_bars(rows: Rows, kinds: Kinds, title: str, is_share: bool = False) -> alt.LayerChart:
    """Return stacked bars of rows {name, kind, count}, with the total of each bar at its end.

    Args:
        is_share: bars are as long as each other, their parts shares.
    """
    import altair as alt

    totals: dict[str, int] = {}
    for row in rows:
        totals[row["name"]] = totals.get(row["name"], 0) + row["count"]
    sums = [{"name": name, "total": 1 if is_share else total, "text": f"{total:,}"} for name, total in totals.items()]
    axis = alt.Axis(format=PERCENT if is_share else "~s")
    order = alt.Order("place:Q")
    placed = [row | {"place": [name for name, _ in kinds].index(row["kind"])} for row in rows]
    across = alt.X("count:Q", title=title, stack="normalize" if is_share else "zero", axis=axis)
    return alt.layer(
        _base(placed).mark_bar().encode(across, _names(rows), _color(kinds), order),
        _base(sums).mark_text(align="left", dx=4).encode(alt.X("total:Q", title=title), _names(rows), alt.Text("text:N")),
    ).properties(height={"step": STEP})


def heat(cells: Rows, count: int) -> alt.LayerChart:
    """Return a matrix of shares: cells {row, column, share, text}; rows and columns are numbers from 1 to `count`."""
    import altair as alt

    numbers = list(range(1, count + 1))
    across = alt.X("column:O", title=None, scale=alt.Scale(domain=numbers), axis=alt.Axis(orient="top", labelAngle=0))
    up = alt.Y("row:O", title=None, scale=alt.Scale(domain=numbers))
    base = _base(cells)
    opacity = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.08, 1]), legend=None)
    ink = alt.condition("datum.share > 0.55", alt.value(INSIDE), alt.value(INK))
    return alt.layer(
        base.mark_rect(color=BLUE).encode(across, up, opacity),
        base.mark_text(fontSize=9).encode(across, up, alt.Text("text:N"), color=ink),
    ).properties(height={"step": 20})


def _names(rows: Rows) -> alt.Y:
    import altair as alt

    return alt.Y("name:N", title=None, sort=list(dict.fromkeys(row["name"] for row in rows)))


def _color(kinds: Kinds) -> alt.Color:
    import altair as alt

    return alt.Color("kind:N", scale=alt.Scale(domain=[name for name, _ in kinds], range=[color for _, color in kinds]))


def _base(rows: Rows) -> alt.Chart:
    import altair as alt

    return alt.Chart(alt.InlineData(values=rows))

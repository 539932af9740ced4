"""Bars: simple, grouped and stacked; and a matrix of shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.reports.page.charts.parts import PERCENT, STEP, Kinds, Rows, base, color, names
from trainer.reports.page.palette import BLUE, INK, INSIDE

if TYPE_CHECKING:
    from trainer.reports.page.charts.parts import Drawn


def bars(rows: Rows, title: str) -> Drawn:
    """Return a bar per row {name, value}, value a share, with its value at its end."""
    import altair as alt

    across = alt.X("value:Q", title=title, axis=alt.Axis(format=PERCENT))
    data = base(rows)
    return alt.layer(
        data.mark_bar().encode(across, names(rows)),
        data.mark_text(align="left", dx=4).encode(across, names(rows), alt.Text("value:Q", format=".1%")),
    ).properties(height={"step": STEP})


def grouped_bars(rows: Rows, kinds: Kinds) -> Drawn:
    """Return bars beside one another per name: rows {name, kind, value}, value a share."""
    import altair as alt

    scale, data = alt.Scale(domain=[0, 1]), base(rows)
    across = alt.X("value:Q", title=None, scale=scale, axis=alt.Axis(format=PERCENT))
    offset = alt.YOffset("kind:N", sort=[name for name, _ in kinds])
    return alt.layer(
        data.mark_bar().encode(across, names(rows), color(kinds), offset),
        data.mark_text(align="left", dx=4, fontSize=11.5).encode(across, names(rows), offset, alt.Text("value:Q", format=".1%")),
    ).properties(height={"step": 14, "for": "offset"})


def stacked_bars(rows: Rows, kinds: Kinds, title: str, is_share: bool = False) -> Drawn:
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
        base(placed).mark_bar().encode(across, names(rows), color(kinds), order),
        base(sums).mark_text(align="left", dx=4).encode(alt.X("total:Q", title=title), names(rows), alt.Text("text:N")),
    ).properties(height={"step": STEP})


def heat(cells: Rows, count: int) -> Drawn:
    """Return a matrix of shares: cells {row, column, share, text}; rows and columns are numbers from 1 to `count`."""
    import altair as alt

    numbers = list(range(1, count + 1))
    across = alt.X("column:O", title=None, scale=alt.Scale(domain=numbers), axis=alt.Axis(orient="top", labelAngle=0))
    up = alt.Y("row:O", title=None, scale=alt.Scale(domain=numbers))
    data = base(cells)
    opacity = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.08, 1]), legend=None)
    ink = alt.condition("datum.share > 0.55", alt.value(INSIDE), alt.value(INK))
    return alt.layer(
        data.mark_rect(color=BLUE).encode(across, up, opacity),
        data.mark_text(fontSize=9).encode(across, up, alt.Text("text:N"), color=ink),
    ).properties(height={"step": 20})

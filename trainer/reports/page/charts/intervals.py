"""Estimates as points with their intervals: by group, by kind, and differences from a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.reports.page.palette import BLUE, GREY, RED

if TYPE_CHECKING:
    import altair as alt

Rows = list[dict[str, Any]]
STEP = 24
PERCENT = ".0%"


def estimates(rows: Rows, title: str, overall: float | None = None) -> alt.LayerChart:
    """Return a point with its interval per row {name, value, low, high}; a dashed line is the value over all rows."""
    import altair as alt

    base = _base(rows)
    up = _names(rows)
    least = min([row["low"] for row in rows] + ([] if overall is None else [overall]))
    scale = alt.Scale(domain=[min(least, 0.95), 1], nice=True)
    layers: list[Any] = []
    if overall is not None:
        line = _base([{"value": overall}]).mark_rule(color=GREY, strokeDash=[4, 4], strokeWidth=1.3)
        layers.append(line.encode(alt.X("value:Q", title=title, scale=scale)))
    layers.append(base.mark_rule().encode(alt.X("low:Q", title=title, scale=scale), alt.X2("high:Q"), up))
    layers.append(base.mark_point(opacity=1).encode(alt.X("value:Q", title=title, scale=scale), up))
    return alt.layer(*layers).properties(height={"step": STEP})


def grouped_estimates(rows: Rows, kinds: list[tuple[str, str]], title: str) -> alt.LayerChart:
    """Return points with intervals, several per name: rows {name, kind, value, low, high}, all shares.

    Args:
        kinds: name and colour of each kind, in order.
    """
    import altair as alt

    base = _base(rows)
    domain = [name for name, _ in kinds]
    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format=PERCENT)
    color = alt.Color("kind:N", scale=alt.Scale(domain=domain, range=[color for _, color in kinds]))
    offset = alt.YOffset("place:O", scale=alt.Scale(paddingInner=0.3, paddingOuter=0.3))
    up = _names(rows)
    return alt.layer(
        base.mark_rule().encode(alt.X("low:Q", title=title, scale=scale, axis=axis), alt.X2("high:Q"), up, color, offset),
        base.mark_point(opacity=1).encode(alt.X("value:Q", title=title, scale=scale, axis=axis), up, color, offset),
    ).properties(height={"step": 9, "for": "offset"})


def forest(rows: Rows, title: str) -> alt.LayerChart:
    """Return differences from a baseline with intervals: rows {name, value, low, high}; the line at 0 is no difference."""
    import altair as alt

    kinds = {"better": BLUE, "worse": RED, "no real difference": GREY}
    judged = [row | {"kind": _judged(row)} for row in rows]
    present = [kind for kind in kinds if any(row["kind"] == kind for row in judged)]
    color = alt.Color("kind:N", scale=alt.Scale(domain=present, range=[kinds[kind] for kind in present]))
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=list(kinds), range=["circle", "square", "diamond"]), legend=None)
    up, base = _names(rows), _base(judged)
    return alt.layer(
        _base([{"value": 0}]).mark_rule(color=GREY, strokeDash=[4, 4], strokeWidth=1.3).encode(alt.X("value:Q", title=title)),
        base.mark_rule().encode(alt.X("low:Q", title=title), alt.X2("high:Q"), up, color),
        base.mark_point(opacity=1, size=60).encode(alt.X("value:Q", title=title), up, color, shape),
    ).properties(height={"step": STEP})


def _judged(row: dict[str, Any]) -> str:
    if row["low"] > 0:
        return "better"
    return "worse" if row["high"] < 0 else "no real difference"


def _names(rows: Rows) -> alt.Y:
    import altair as alt

    return alt.Y("name:N", title=None, sort=list(dict.fromkeys(row["name"] for row in rows)))


def _base(rows: Rows) -> alt.Chart:
    import altair as alt

    return alt.Chart(alt.InlineData(values=rows))

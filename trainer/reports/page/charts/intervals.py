"""Estimates as points with their intervals: by group, by kind, and differences from a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.reports.page.charts.parts import PERCENT, STEP, Rows, base, names
from trainer.reports.page.palette import BLUE, GREY, RED

if TYPE_CHECKING:
    from trainer.reports.page.charts.parts import Drawn


def estimates(rows: Rows, title: str, overall: float | None = None) -> Drawn:
    """Return a point with its interval per row {name, value, low, high}; a dashed line is the value over all rows."""
    import altair as alt

    data = base(rows)
    up = names(rows)
    least = min([row["low"] for row in rows] + ([] if overall is None else [overall]))
    scale = alt.Scale(domain=[min(least, 0.95), 1], nice=True)
    layers: list[Any] = []
    if overall is not None:
        line = base([{"value": overall}]).mark_rule(color=GREY, strokeDash=[4, 4], strokeWidth=1.3)
        layers.append(line.encode(alt.X("value:Q", title=title, scale=scale)))
    layers.append(data.mark_rule().encode(alt.X("low:Q", title=title, scale=scale), alt.X2("high:Q"), up))
    layers.append(data.mark_point(opacity=1).encode(alt.X("value:Q", title=title, scale=scale), up))
    return alt.layer(*layers).properties(height={"step": STEP})


def grouped_estimates(rows: Rows, kinds: list[tuple[str, str]], title: str) -> Drawn:
    """Return points with intervals, several per name: rows {name, kind, value, low, high}, all shares.

    Args:
        kinds: name and colour of each kind, in order.
    """
    import altair as alt

    data = base(rows)
    domain = [name for name, _ in kinds]
    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format=PERCENT)
    color = alt.Color("kind:N", scale=alt.Scale(domain=domain, range=[color for _, color in kinds]))
    offset = alt.YOffset("place:O", scale=alt.Scale(paddingInner=0.3, paddingOuter=0.3))
    up = names(rows)
    return alt.layer(
        data.mark_rule().encode(alt.X("low:Q", title=title, scale=scale, axis=axis), alt.X2("high:Q"), up, color, offset),
        data.mark_point(opacity=1).encode(alt.X("value:Q", title=title, scale=scale, axis=axis), up, color, offset),
    ).properties(height={"step": 9, "for": "offset"})


def forest(rows: Rows, title: str) -> Drawn:
    """Return differences from a baseline with intervals: rows {name, value, low, high}; the line at 0 is no difference."""
    import altair as alt

    kinds = {"better": BLUE, "worse": RED, "no difference shown": GREY}
    judged = [row | {"kind": _judged(row)} for row in rows]
    present = [kind for kind in kinds if any(row["kind"] == kind for row in judged)]
    color = alt.Color("kind:N", scale=alt.Scale(domain=present, range=[kinds[kind] for kind in present]))
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=list(kinds), range=["circle", "square", "diamond"]), legend=None)
    up, data = names(rows), base(judged)
    return alt.layer(
        base([{"value": 0}]).mark_rule(color=GREY, strokeDash=[4, 4], strokeWidth=1.3).encode(alt.X("value:Q", title=title)),
        data.mark_rule().encode(alt.X("low:Q", title=title), alt.X2("high:Q"), up, color),
        data.mark_point(opacity=1, size=60).encode(alt.X("value:Q", title=title), up, color, shape),
    ).properties(height={"step": STEP})


def _judged(row: dict[str, Any]) -> str:
    if row["low"] > 0:
        return "better"
    return "worse" if row["high"] < 0 else "no difference shown"

"""What a model leans on: importance with its direction, and contributions by the value of the feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.reports.page.charts.parts import Rows, base, names
from trainer.reports.page.palette import BLUE, GREY, RED, STEPS

if TYPE_CHECKING:
    from trainer.reports.page.charts.parts import Drawn

STEP = 21
DIRECTIONS = {"higher raises": RED, "higher lowers": BLUE, "mixed": GREY}
POINTS = 60  # per feature; more would weigh more than they show
PARTS = ("lowest", "2nd", "3rd", "4th", "highest")


def importance(rows: Rows) -> Drawn:
    """Return a bar per feature {feature, share, direction}, with its share at its end."""
    import altair as alt

    data = base([{name: row[name] for name in ("feature", "share", "direction")} for row in rows])
    across = alt.X("share:Q", title="share of the mean absolute contribution", axis=alt.Axis(format=".0%"))
    up = names(rows, "feature")
    scale = alt.Scale(domain=list(DIRECTIONS), range=list(DIRECTIONS.values()))
    return alt.layer(
        data.mark_bar().encode(across, up, alt.Color("direction:N", scale=scale)),
        data.mark_text(align="left", dx=4).encode(across, up, alt.Text("share:Q", format=".1%")),
    ).properties(height={"step": STEP})


def contributions(rows: Rows) -> Drawn | None:
    """Return a point per row and feature at its contribution, coloured by the feature's percentile; None without points.

    Points are spread across the line of their feature by their position, so that equal ones do not hide each other.
    """
    import altair as alt

    points = [
        {
            "feature": row["feature"],
            "contribution": point["contribution"],
            "part": fifth(point["percentile"]),
            "spread": place * 7 % 11,
        }
        for row in rows
        for place, point in enumerate(_sample(row["points"]))
        if point["percentile"] is not None
    ]
    if not points:
        return None
    across = alt.X("contribution:Q", title="contribution to the raw score")
    color = alt.Color("part:O", title="value of the feature, in fifths", scale=alt.Scale(domain=list(PARTS), range=STEPS))
    offset = alt.YOffset("spread:Q", scale=alt.Scale(domain=[-1, 11]))
    zero = base([{"contribution": 0}]).mark_rule(color=GREY, strokeWidth=1).encode(across)
    data = base(points)
    drawn = data.mark_point(size=12, opacity=1).encode(across, names(rows, "feature"), color, offset)
    return alt.layer(zero, drawn).properties(height={"step": STEP, "for": "position"})


def fifth(percentile: float) -> str:
    """Return the name of the fifth that a percentile in [0, 100] is in."""
    return PARTS[min(int(percentile / 20), 4)]


def _sample(points: Rows) -> Rows:
    return points[:: max(1, -(-len(points) // POINTS))]

"""Curves of a scorer: ROC, precision–recall, lift, reliability, scores by class, and what a threshold gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trainer.reports.page.charts.parts import PERCENT, Rows, base, color
from trainer.reports.page.palette import BLUE, GREEN, GREY, INK, RED

if TYPE_CHECKING:
    import altair as alt

    from trainer.reports.page.charts.parts import Drawn

FEW = 3  # points that a line alone would hide; where a band has no breadth


def curve(
    rows: Rows,
    x: tuple[str, str],
    y: tuple[str, str],
    reference: Sequence[dict[str, Any]] = (),
    chosen: dict[str, Any] | None = None,
    y_is_share: bool = True,
) -> Drawn:
    """Return a line through `rows`.

    Args:
        x, y: the key of a value and its title; x is a share.
        reference: the two ends of a dashed line to compare with.
        chosen: the row to mark as the chosen threshold.
    """
    import altair as alt

    share = alt.Axis(format=PERCENT)
    across = alt.X(f"{x[0]}:Q", title=x[1], scale=alt.Scale(domain=[0, 1]), axis=share)
    span, axis = (alt.Scale(domain=[0, 1]), share) if y_is_share else (alt.Scale(zero=True), alt.Axis())
    up = alt.Y(f"{y[0]}:Q", title=y[1], scale=span, axis=axis)
    layers: list[Any] = []
    if reference:
        layers.append(base(list(reference)).mark_line(color=GREY, strokeDash=[4, 4], strokeWidth=1.3).encode(across, up))
    line = base(rows).mark_line(interpolate="linear", point=len(rows) <= FEW)
    layers.append(line.encode(across, up, order=alt.Order("position:Q")))
    falls = rows[0][y[0]] > rows[-1][y[0]]
    return alt.layer(*layers, *(_marked(chosen, across, up, chosen[x[0]] > 0.6, falls) if chosen else []))


def _marked(row: dict[str, Any], across: alt.X, up: alt.Y, is_right: bool, falls: bool) -> list[Any]:
    """Return the point of a threshold on a curve, and its name on the side where the curve is not."""
    import altair as alt

    name = base([row | {"name": f"chosen {row['threshold']:.3f}"}])
    side: dict[str, Any] = {"align": "right", "dx": -9} if is_right else {"align": "left", "dx": 9}
    return [
        base([row]).mark_point(color=INK, size=70, opacity=1).encode(across, up),
        name.mark_text(color=INK, dy=11 if is_right == falls else -9, **side).encode(across, up, alt.Text("name:N")),
    ]


def reliability(rows: Rows) -> Drawn:
    """Return observed against predicted shares, with intervals, beside the diagonal."""
    import altair as alt

    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format=PERCENT)
    across = alt.X("mean_score:Q", title="mean score", scale=scale, axis=axis)
    up = alt.Y("observed:Q", title="share of risky rows", scale=scale, axis=axis)
    ends = base([{"mean_score": 0, "observed": 0}, {"mean_score": 1, "observed": 1}])
    return alt.layer(
        ends.mark_line(color=GREY, strokeDash=[4, 4], strokeWidth=1.3).encode(across, up),
        base(rows).mark_line(strokeWidth=1, opacity=0.5).encode(across, up),
        base(rows).mark_rule().encode(across, alt.Y("low:Q", title="share of risky rows"), alt.Y2("high:Q")),
        base(rows).mark_point(opacity=1).encode(across, up),
    )


def histogram(rows: Rows) -> Drawn:
    """Return the share of each class per bin of scores: risky rows upwards, benign ones downwards."""
    import altair as alt

    whole = {kind: sum(row[kind] for row in rows) or 1 for kind in ("positive", "negative")}
    halves = [
        {"low": row["low"], "high": row["high"], "kind": name, "zero": 0, "share": sign * row[kind] / whole[kind]}
        for row in rows
        for kind, name, sign in (("positive", "risky", 1), ("negative", "benign", -1))
        if row[kind]
    ]
    axis = alt.Axis(labelExpr="format(abs(datum.value), '.0%')")
    title = "share of the class’s rows"
    across = alt.X("low:Q", title="score", scale=_score_scale([row[end] for row in rows for end in ("low", "high")]))
    drawn = (
        base(halves)
        .mark_rect(stroke=None)
        .encode(
            across,
            alt.X2("high:Q"),
            alt.Y("share:Q", title=title, axis=axis),
            alt.Y2("zero:Q"),
            alt.Color("kind:N", scale=alt.Scale(domain=["risky", "benign"], range=[RED, BLUE])),
        )
    )
    return alt.layer(drawn, base([{"share": 0}]).mark_rule(color=GREY, strokeWidth=1).encode(alt.Y("share:Q", title=title)))


def precision_and_recall(rows: Rows, chosen: dict[str, Any] | None) -> Drawn:
    """Return precision and recall against the threshold, with intervals; the chosen threshold is marked."""
    import altair as alt

    kinds = {"precision": BLUE, "recall": GREEN}
    flat = {
        kind: [{"threshold": row["threshold"], "kind": kind} | row[kind] for row in rows if row[kind] is not None]
        for kind in kinds
    }
    across, domain, axis = _threshold_axis(rows), alt.Scale(domain=[0, 1]), alt.Axis(format=PERCENT)
    dash = alt.StrokeDash("kind:N", scale=alt.Scale(domain=list(kinds), range=[[1, 0], [7, 3]]))
    up = alt.Y("value:Q", title="share", scale=domain, axis=axis)
    is_few, low = len(rows) <= FEW, alt.Y("low:Q", title="share")
    bands = [
        base(flat[kind]).mark_rule(color=hue) if is_few else base(flat[kind]).mark_area(opacity=0.16, color=hue)
        for kind, hue in kinds.items()
    ]
    return alt.layer(
        *(band.encode(across, low, alt.Y2("high:Q")) for band in bands),
        base(flat["precision"] + flat["recall"]).mark_line(point=is_few).encode(across, up, color(list(kinds.items())), dash),
        *_chosen(chosen, rows),
    )


def alerts_per_day(rows: Rows, chosen: dict[str, Any] | None, title: str) -> Drawn:
    """Return how many alerts, or other rows, a day reach the threshold, against the threshold; `title` names them."""
    import altair as alt

    known = [row for row in rows if row["alerts_per_day"] is not None]
    up = alt.Y("alerts_per_day:Q", title=title, scale=alt.Scale(zero=True))
    return alt.layer(base(known).mark_line(point=len(known) <= FEW).encode(_threshold_axis(rows), up), *_chosen(chosen, rows))


def _threshold_axis(rows: Rows) -> alt.X:
    import altair as alt

    return alt.X("threshold:Q", title="threshold", scale=_score_scale([row["threshold"] for row in rows]))


def _score_scale(scores: list[float]) -> alt.Scale:
    """Return [0, 1], or for scores that are no probabilities, such as a ranker's, their own range."""
    import altair as alt

    return alt.Scale(domain=[min([0, *scores]), max([1, *scores])])


def _chosen(chosen: dict[str, Any] | None, rows: Rows) -> list[Any]:
    import altair as alt

    if chosen is None:
        return []
    data = base([{"threshold": chosen["threshold"], "name": f"chosen {chosen['threshold']:.3f}"}])
    side: dict[str, Any] = {"align": "right", "dx": -5} if chosen["threshold"] > 0.6 else {"align": "left", "dx": 5}
    return [
        data.mark_rule(color=INK, strokeWidth=1, strokeDash=[2, 2]).encode(_threshold_axis(rows)),
        data.mark_text(color=INK, baseline="top", **side).encode(_threshold_axis(rows), alt.Text("name:N"), y=alt.value(2)),
    ]

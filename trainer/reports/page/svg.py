"""Draws a chart as SVG to be put into a page: no scripts, no fonts, no identifiers of its own, few bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from trainer.reports.page.palette import BLUE, GREY, INK, RULE, SOFT

if TYPE_CHECKING:
    from trainer.reports.page.charts.parts import Drawn

WIDTH = 400  # units of the viewBox; on a screen of 400 px, text of 13 is one of 12 px, nearly that of notes
HEIGHT = 260
_SVG = "http://www.w3.org/2000/svg"
_LABEL = {"labelColor": SOFT, "labelFontSize": 13, "titleColor": SOFT, "titleFontSize": 13, "titleFontWeight": "normal"}
CONFIG: dict[str, Any] = {
    "aria": False,  # the figure has one accessible name and a table; a name per mark would be read out one by one
    "background": None,
    "font": "Liberation Sans",  # measured with this font; the page's own is as wide
    "view": {"stroke": None},
    "axis": _LABEL | {"gridColor": RULE, "domainColor": GREY, "tickColor": GREY, "labelLimit": 180, "titlePadding": 6},
    "axisQuantitative": {"tickCount": 5, "domain": False, "ticks": False, "labelPadding": 5, "labelFlush": False},
    "axisDiscrete": {"grid": False, "domain": False, "ticks": False, "labelColor": INK, "labelPadding": 6},
    "legend": _LABEL
    | {
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 12,
        "symbolSize": 90,
        "symbolStrokeWidth": 2,
        "offset": 6,
    },
    "scale": {"bandPaddingInner": 0.35},
    "line": {"color": BLUE, "strokeWidth": 2},
    "point": {"color": BLUE, "filled": True, "size": 46},
    "bar": {"color": BLUE},
    "rule": {"color": BLUE, "strokeWidth": 1.8},
    "text": {"color": SOFT, "fontSize": 13},
}
_DROPPED = {"role", "pointer-events", "font-family", "stroke-miterlimit", "text-decoration", "version"}
_DEFAULTS = {
    ("opacity", "1"),
    ("stroke-width", "1"),
    ("font-style", "normal"),
    ("font-weight", "normal"),
    ("text-anchor", "start"),
}
_GEOMETRY = {"d", "transform", "x", "y", "x2", "y2", "width", "height", "font-size"}
_LONG = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")


def svg(chart: Drawn, name: str, summary: str) -> str:
    """Return a chart as an SVG element of WIDTH units.

    Args:
        name: begins the element's identifiers, so that those of two charts on a page differ.
        summary: the accessible name.
    """
    import altair as alt
    import vl_convert

    spec = {"width": WIDTH, "height": HEIGHT} | chart.to_dict()
    fit = "fit" if isinstance(spec["height"], int) else "fit-x"
    spec |= {"config": CONFIG, "autosize": {"type": fit, "contains": "padding"}, "padding": 4}
    version = alt.SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]
    drawn = vl_convert.vegalite_to_svg(spec, vl_version=version, allowed_base_urls=[])
    return _inlined(drawn, name, summary)


def _inlined(drawn: str, name: str, summary: str) -> str:
    root = ET.fromstring(drawn)  # noqa: S314
    for parent in root.iter():
        for child in [one for one in parent if _is_nothing(one)]:
            parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")  # HTML needs no namespace
        element.attrib = {key: _shortened(key, value, name) for key, value in element.attrib.items() if _is_kept(key, value)}
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    root.attrib = {
        "class": "chart",
        "role": "img",
        "aria-label": summary,
        "viewBox": f"0 0 {width:g} {height:g}",
        "width": f"{width:g}",
        "height": f"{height:g}",
    }
    return ET.tostring(root, encoding="unicode", short_empty_elements=False)


def _is_nothing(element: ET.Element) -> bool:
    is_frame = element.get("class") in {"background", "foreground"} and element.get("stroke") is None
    return element.get("display") == "none" or (is_frame and element.get("fill") is None)


def _is_kept(key: str, value: str) -> bool:
    return not (key in _DROPPED or key.startswith("aria-") or (key, value) in _DEFAULTS)


def _shortened(key: str, value: str, name: str) -> str:
    if key in _GEOMETRY:
        value = _LONG.sub(lambda number: f"{round(float(number[0]), 1):g}", value)
    if key == "id":
        return f"{name}-{value}"
    return value.replace("url(#", f"url(#{name}-")

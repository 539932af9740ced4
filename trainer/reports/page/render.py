"""Renders a page as one HTML file: no network access, no scripts, light and dark mode."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.reports.page.palette import DARK, LIGHT
from trainer.reports.page.svg import svg

if TYPE_CHECKING:
    from trainer.reports.page.layout import Figure, Page

TEMPLATES = Path(__file__).parent / "templates"


def render(page: Page) -> str:
    """Return the page as HTML. All texts are escaped, so that no name in the data can inject markup."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def drawn(figure: Figure) -> Markup:
        return Markup(svg(figure.chart, figure.name, figure.summary))  # noqa: S704  serialised from a parsed tree

    def breakable(text: str) -> Markup:
        """Let a line break after an underscore, in preference to the middle of a word."""
        return escape(text).replace("_", Markup("_<wbr>"))

    environment.filters["breakable"] = breakable
    return environment.get_template("page.html.j2").render(page=page, drawn=drawn, light=LIGHT, dark=DARK).lstrip()


def framed(title: str, page: str) -> str:
    """Return a page as a frame for a notebook."""
    from html import escape

    style = "width: 100%; height: 45rem; border: 1px solid #8a939d"
    return f'<iframe sandbox title="{escape(title)}" style="{style}" srcdoc="{escape(page)}"></iframe>'

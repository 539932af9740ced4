"""Lays out explanations for the terminal: a heading per section, a line per sentence, folded at the width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.training import Explanation

WIDTH = 100  # at most: longer lines are hard to read
FOOTER = "Contributions are what the model makes of the values; they are no causes. docs/reasons.md tells how they are computed."


def explanation_text(explanations: Iterable[Explanation], width: int = WIDTH) -> str:
    """Return explanations as text for people, in lines no longer than `width`, and never than 100."""
    width = min(width, WIDTH)
    blocks = ["\n\n".join(_section(*section, width) for section in one.sections().items()) for one in explanations]
    return "\n\n\n".join([*blocks, textwrap.fill(FOOTER, width)])


def _section(heading: str, sentences: list[str], width: int) -> str:
    folded = (
        textwrap.fill(sentence, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        for sentence in sentences
    )
    return "\n".join([heading, *folded])

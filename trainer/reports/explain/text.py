"""Lays out explanations for the terminal: a heading per section, a line per sentence, folded at the width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.training import Explanation

WIDTH = 100  # at most: longer lines are hard to read
FOOTER = "Contributions are what the model makes of the values; they are no causes."


def explanation_text(explanations: Iterable[Explanation], width: int = WIDTH) -> str:
    """Return explanations as text for people, in lines no longer than `width`, and never than 100."""
    width = min(width, WIDTH)
    blocks = ["\n\n".join(_section(*section, width) for section in one.sections().items()) for one in explanations]
    return "\n\n\n".join([*blocks, textwrap.fill(FOOTER, width)])


def folded(sentence: str, width: int, indent: str) -> list[str]:
    """Return a sentence in indented lines of a width, the further ones by two more; a number stays with its per cent sign."""
    joined = sentence.replace(" %", "\N{NO-BREAK SPACE}%")
    lines = textwrap.wrap(joined, width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _section(heading: str, sentences: list[str], width: int) -> str:
    return "\n".join([heading, *(line for sentence in sentences for line in folded(sentence, width, "  "))])

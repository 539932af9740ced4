"""How results, data and models show themselves: one short line in a shell, a small table in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape

LONGEST = 80  # characters of a value


class Shown(ABC):
    """Gives a class a short `repr` and an HTML one, from what `_shown` returns."""

    @abstractmethod
    def _shown(self) -> dict[str, object]:
        """Return what is worth showing: name → value."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={_short(value)}' for name, value in self._shown().items())})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align: left">{escape(name.replace("_", " "))}</th>'
            f'<td style="text-align: left">{escape(_short(value))}</td></tr>'
            for name, value in self._shown().items()
        )
        return f"<table><caption>{escape(type(self).__name__)}</caption>{rows}</table>"


def _short(value: object) -> str:
    shown = value if isinstance(value, str) else f"{value:,}" if type(value) is int else str(value)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"

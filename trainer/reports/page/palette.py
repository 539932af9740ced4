"""The colours of pages and charts.

A chart is drawn in the light colours; on a page, one CSS rule per colour replaces each by the variable of its name, which the
reader's colour scheme sets. Hues are those of Okabe and Ito (2008), which the colour-blind can tell apart.
"""

from __future__ import annotations

LIGHT = {
    "ink": "#1d2228",
    "soft": "#59636e",
    "rule": "#dfe3e8",
    "band": "#f5f7f9",
    "page": "#fffffe",
    "blue": "#0072b2",
    "red": "#d05800",
    "green": "#00845f",
    "gold": "#a46c00",
    "pink": "#a8517f",
    "grey": "#7c8691",
    "inside": "#fefefe",
    "step1": "#0072b3",
    "step2": "#6ba5cb",
    "step3": "#aab0b7",
    "step4": "#e39b66",
    "step5": "#d05801",
}
DARK = {
    "ink": "#e6e9ed",
    "soft": "#a3adb8",
    "rule": "#333a42",
    "band": "#1d2126",
    "page": "#15181c",
    "blue": "#4aa3df",
    "red": "#f07b34",
    "green": "#2fbf93",
    "gold": "#e0a52e",
    "pink": "#d98abb",
    "grey": "#8d97a2",
    "inside": "#10151a",
    "step1": "#4aa3df",
    "step2": "#3a6f94",
    "step3": "#5d656e",
    "step4": "#a8622f",
    "step5": "#f07b34",
}
INK, SOFT, RULE, BLUE, RED = (LIGHT[name] for name in ("ink", "soft", "rule", "blue", "red"))
GREEN, GOLD, PINK, GREY, INSIDE = (LIGHT[name] for name in ("green", "gold", "pink", "grey", "inside"))
STEPS = [LIGHT[f"step{number}"] for number in range(1, 6)]
"""From low to high."""

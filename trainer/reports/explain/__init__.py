"""Explanations of scores as text for the terminal."""

from __future__ import annotations

from trainer.reports.explain.text import explanation_text, folded

__all__ = ["explanation_text", "folded"]

"""Collects the figures of a model's report."""

from __future__ import annotations

from trainer.reports.model_figures.build import model_report

__all__ = ["model_report"]

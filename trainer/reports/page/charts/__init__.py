"""The charts of reports, each from rows of plain values. Altair is imported when a chart is made, not before."""

from __future__ import annotations

from trainer.reports.page.charts.bars import bars, grouped_bars, heat, stacked_bars
from trainer.reports.page.charts.curves import alerts_per_day, curve, histogram, precision_and_recall, reliability
from trainer.reports.page.charts.features import contributions, importance
from trainer.reports.page.charts.intervals import estimates, forest, grouped_estimates

__all__ = [
    "alerts_per_day",
    "bars",
    "contributions",
    "curve",
    "estimates",
    "forest",
    "grouped_bars",
    "grouped_estimates",
    "heat",
    "histogram",
    "importance",
    "precision_and_recall",
    "reliability",
    "stacked_bars",
]

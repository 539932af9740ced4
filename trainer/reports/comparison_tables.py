"""Formats a comparison as tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.reports.page.table import MISSING, Table, plain

if TYPE_CHECKING:
    from trainer.training import Comparison

_NOTE = (
    "Values on the same held-out rows, with 95 % intervals. Those of the differences are simultaneous: one without 0 is a real "
    "difference, however many candidates there are. They do not include the chance in training."
)
_METRICS = {"auc": "AUC", "average_precision": "AP", "brier": "Brier"}


def comparison_tables(comparison: Comparison) -> list[Table]:
    """Return the leaderboard on gold labels and, where there is one, on hidden truth, by descending AUC below the baseline."""
    tables = [_table("leaderboard", "On gold labels of unseen addresses", comparison, "metrics", "difference")]
    if any(entry.truth for entry in comparison.entries):
        tables.append(_table("truth", "On the hidden truth", comparison, "truth", "truth_difference"))
    return tables


def _table(name: str, title: str, comparison: Comparison, metrics: str, difference: str) -> Table:
    first, *others = comparison.entries
    ordered = [first, *sorted(others, key=lambda one: -getattr(one, metrics).get("auc", {"value": -1.0})["value"])]
    headers = ("candidate", *_METRICS.values(), "AUC − baseline", "trained on", "s to fit")
    rows = [
        (
            plain(entry.candidate) + (" (baseline)" if entry is first else ""),
            *(_value(getattr(entry, metrics).get(metric)) for metric in _METRICS),
            _difference(getattr(entry, difference).get("auc")),
            f"{entry.n_train:,} rows",
            MISSING if entry.problem else f"{entry.seconds['fit']:.1f}",
        )
        for entry in ordered
    ]
    return Table(name, title, _NOTE, headers, (False, *[True] * (len(headers) - 1)), rows)


def _value(one: dict[str, Any] | None) -> str:
    return MISSING if one is None else f"{one['value']:.4f} [{one['low']:.3f}, {one['high']:.3f}]"


def _difference(one: dict[str, Any] | None) -> str:
    return MISSING if one is None else f"{one['value']:+.4f} [{one['low']:+.4f}, {one['high']:+.4f}]"

"""Which differences from the baseline are real, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.training.compare.leaderboard import Entry

SHOWN = "auc"


def sentences(entries: Sequence[Entry]) -> list[str]:
    """Return which differences in AUC are real, on gold labels and, where there is one, on hidden truth."""
    first, *others = entries
    if first.problem:
        return [f"The baseline {first.candidate} cannot be trained, so nothing is compared: {first.problem}."]
    said = _said(first, others, "difference", "gold labels of unseen addresses")
    said += _said(first, others, "truth_difference", "the hidden truth")
    return said + [f"{one.candidate} was not trained: {one.problem}." for one in others if one.problem]


def _said(first: Entry, others: Sequence[Entry], which: str, rows: str) -> list[str]:
    graded = [(one.candidate, getattr(one, which)[SHOWN]) for one in others if getattr(one, which)]
    if not graded:
        return []
    better = [_shown(name, one) for name, one in graded if one["low"] > 0]
    worse = [_shown(name, one) for name, one in graded if one["high"] < 0]
    equal = [name for name, one in graded if one["low"] == one["high"] == 0]
    rest = [_shown(name, one) for name, one in graded if one["low"] <= 0 <= one["high"] and name not in equal]
    said = []
    if better:
        said.append(f"better than {first.candidate}: {', '.join(better)}")
    if worse:
        said.append(f"worse: {', '.join(worse)}" if better else f"worse than {first.candidate}: {', '.join(worse)}")
    if rest:
        from_first = "" if better or worse else f" from {first.candidate}"
        said.append(f"no difference{from_first} is shown, as the interval has 0 in it: {', '.join(rest)}")
    if equal:
        said.append(f"exactly as {first.candidate}: {', '.join(equal)}")
    return [f"AUC on {rows} — {'; '.join(said)}."]


def _shown(name: str, one: dict[str, float]) -> str:
    return f"{name} ({one['value']:+.4f}, {one['low']:+.4f} to {one['high']:+.4f})"

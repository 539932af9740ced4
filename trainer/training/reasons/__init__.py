"""Reasons: why a model gives a row its score."""

from __future__ import annotations

from trainer.models import Contributions
from trainer.training.reasons.contributions import contributions_of
from trainer.training.reasons.explain import explain, explained_rows
from trainer.training.reasons.explanation import Explanation, Explanations, Flow, Reason, Vote

__all__ = [
    "Contributions",
    "Explanation",
    "Explanations",
    "Flow",
    "Reason",
    "Vote",
    "contributions_of",
    "explain",
    "explained_rows",
]

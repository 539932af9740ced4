"""Reasons: why a model gives a row its score."""

from __future__ import annotations

from trainer.models import Contributions
from trainer.training.reasons.catalogue import Meaning, meanings
from trainer.training.reasons.contributions import contributions_of
from trainer.training.reasons.explain import ROWS, Explainer, explain
from trainer.training.reasons.explanation import Explanation, Explanations, Flow, Reason, Vote
from trainer.training.reasons.wording import RAISES, SPEAKS

__all__ = [
    "RAISES",
    "ROWS",
    "SPEAKS",
    "Contributions",
    "Explainer",
    "Explanation",
    "Explanations",
    "Flow",
    "Meaning",
    "Reason",
    "Vote",
    "contributions_of",
    "explain",
    "meanings",
]

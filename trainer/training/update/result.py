"""What an update did, or would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.snapshots import Ingested
    from trainer.training.predict import ScoringResult
    from trainer.training.scores import Scores


@dataclass(frozen=True)
class Drift:
    """How much a snapshot differs from the one before, by the population stability index (`trainer.evaluation.drift`).

    Attributes:
        before: date of the snapshot before.
        scores: index of the model's scores.
        features: name → index of the features, the most changed first.
    """

    before: str
    scores: float
    features: dict[str, float]


@dataclass(frozen=True)
class ToScore:
    """A snapshot that a model in use has no current scores of, and why."""

    network: str
    processing_date: str
    window_days: int
    model_type: str
    model_id: str
    reason: str

    def __str__(self) -> str:
        return f"{self.network}/{self.processing_date}/{self.window_days}"


@dataclass(frozen=True)
class ScoredSnapshot:
    """A snapshot that was scored: the result of `predict`, drift if there is a snapshot before, and the highest scores."""

    result: ScoringResult
    drift: Drift | None
    highest: Scores


@dataclass
class UpdateResult:
    """What an update did; with `dry_run` what it would do.

    Attributes:
        to_load: snapshot → why it was loaded; `unchanged` counts the snapshots of the path that were not.
        loaded: what was loaded.
        labels: snapshot → source → number of its labels that apply, of the last snapshot of each network and window.
        build: why dbt built the models, "" if it did not.
        to_score: what was scored, and why.
        scored: what was scored, with drift and the highest scores.
        in_use: sentences on the models in use.
        unusable: why there is no model to score a network, window and model type with, though some were trained.
        has_models: whether any model was trained yet.
        seconds: step → seconds.
    """

    dry_run: bool = False
    to_load: dict[str, str] = field(default_factory=dict)
    unchanged: int = 0
    loaded: list[Ingested] = field(default_factory=list)
    labels: dict[str, dict[str, int]] = field(default_factory=dict)
    build: str = ""
    to_score: list[ToScore] = field(default_factory=list)
    scored: list[ScoredSnapshot] = field(default_factory=list)
    in_use: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    has_models: bool = False
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def is_current(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.to_load or self.build or self.to_score)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return {
            "dry_run": self.dry_run,
            "is_current": self.is_current,
            "to_load": self.to_load,
            "unchanged": self.unchanged,
            "loaded": [{"snapshot": str(one.key), "folder": str(one.folder), "rows": one.rows} for one in self.loaded],
            "labels": self.labels,
            "build": self.build,
            "to_score": [vars(one) for one in self.to_score],
            "scored": [
                one.result.as_dict()
                | {"drift": None if one.drift is None else vars(one.drift), "view": one.result.view, "top": one.highest.rows()}
                for one in self.scored
            ],
            "models": self.in_use,
            "unusable": self.unusable,
            "has_models": self.has_models,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }

"""What is compared: each candidate is a label strategy, a model and a set of features."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from trainer.data import FeatureChoice
from trainer.errors import UsageError
from trainer.labels import LabelStrategy
from trainer.models import ModelTrainer, name_of
from trainer.training.fit import is_computed_by_dbt, strategy_name

SEPARATOR = " / "
ALL = "all"
_PARTS = ("label strategy", "model", "feature set")


@dataclass(frozen=True)
class Candidate:
    """One row of the leaderboard.

    Attributes:
        strategy, model, features: how the user names them; an unnamed class of the user's own is `module:Class`, and a second
            strategy of one class `module:Class (2)`.
        labels: the strategy: a name that dbt computes, or an object.
        trainer: an untrained one.
        choice: the features it uses.
        copy: 1, or more for a candidate that was given more than once.
    """

    strategy: str
    model: str
    features: str
    labels: LabelStrategy | str = field(compare=False, repr=False)
    trainer: ModelTrainer = field(compare=False, repr=False)
    choice: FeatureChoice = field(compare=False, repr=False)
    copy: int = 1

    @property
    def name(self) -> str:
        """The candidate in one line."""
        parts = [self.strategy, self.model, *([self.features] if self.features != ALL else [])]
        return SEPARATOR.join(parts) + (f" ({self.copy})" if self.copy > 1 else "")

    @property
    def parameters(self) -> dict[str, Any]:
        """What the trainer was built with."""
        return self.trainer.options()

    def identity(self) -> dict[str, Any]:
        """Return what its predictions follow from, the data aside; the code of the user's own classes counts."""
        kind = type(self.trainer)
        return {
            "model": name_of(kind),
            "parameters": self.parameters,
            "code": "" if kind.__module__.startswith("trainer.models.") else _source(kind),
            "copy": self.copy,
        }


def candidates(
    strategies: Sequence[LabelStrategy | str],
    models: Sequence[tuple[str, ModelTrainer]],
    feature_sets: Sequence[tuple[str, FeatureChoice]],
    baseline: str | None = None,
    *,
    one_change: bool = False,
) -> list[Candidate]:
    """Return the candidates, the baseline first: every combination, or those that differ from the baseline in one part.

    Args:
        baseline: `strategy / model`, or with ` / features`; by default the first of each.

    Raises:
        UsageError: no candidate has the baseline's name, or there is only one candidate.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for (strategy, labels), (model, trainer), (features, choice) in product(_named(strategies), models, feature_sets):
        key = (strategy, model, features)
        seen[key] += 1
        found.append(Candidate(*key, labels, trainer, choice, seen[key]))
    first = _baseline(found, baseline)
    kept = [one for one in found if one != first and (not one_change or _changes(one, first) <= 1)]
    if not kept:
        raise UsageError(f"There is only {first.name} to compare; give more than one {', '.join(_PARTS[:-1])} or {_PARTS[-1]}.")
    return [first, *kept]


def source_of(strategy: LabelStrategy | str) -> str:
    """Return the code of a strategy in Python, '' for one that dbt computes."""
    return "" if isinstance(strategy, str) else _source(type(strategy))


def _named(strategies: Sequence[LabelStrategy | str]) -> list[tuple[str, LabelStrategy | str]]:
    """Return each strategy with its name, one name for each object: two of one class may label differently.

    One that dbt computes becomes its name, however it was given.
    """
    found: list[tuple[str, LabelStrategy | str]] = []
    of_class: dict[str, list[LabelStrategy]] = {}
    for strategy in strategies:
        name = strategy if isinstance(strategy, str) else strategy_name(strategy)
        if isinstance(strategy, str) or is_computed_by_dbt(strategy):
            found.append((name, name))
            continue
        known = of_class.setdefault(name, [])
        if not any(one is strategy for one in known):
            known.append(strategy)
        number = next(number for number, one in enumerate(known, start=1) if one is strategy)
        found.append((f"{name} ({number})" if number > 1 else name, strategy))
    return found


def _baseline(found: Sequence[Candidate], name: str | None) -> Candidate:
    if name is None:
        return found[0]
    wanted = tuple(part.strip() for part in name.split("/"))
    for one in found:
        if wanted in ((one.strategy, one.model), (one.strategy, one.model, one.features)) and one.copy == 1:
            return one
    raise UsageError(f"No candidate is '{name}'; --baseline takes one of: {'; '.join(one.name for one in found)}.")


def _changes(one: Candidate, other: Candidate) -> int:
    return sum(getattr(one, part) != getattr(other, part) for part in ("strategy", "model", "features"))


def _source(kind: type) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):  # defined in a notebook's cell or in a shell
        return ""

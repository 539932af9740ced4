"""Finds trainers by entry point, without importing those that are not asked for, and builds them from named parameters."""

from __future__ import annotations

import inspect
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from trainer.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from trainer.models.base import ModelTrainer

ENTRY_POINT_GROUP = "trainer.models"
"""Entry-point group of the trainers."""
RANKERS = "trainer.rankers"
"""Entry-point group of the rankers: each has the name of the trainer that it replaces for the model type `alert_ranker`."""
LARGEST_SEED = 2**31 - 1  # the largest that every library accepts


def names(group: str = ENTRY_POINT_GROUP) -> list[str]:
    """Return the names of the registered trainers, sorted, without importing any."""
    return sorted(_points(group))


def trainer_class(name: str, group: str = ENTRY_POINT_GROUP) -> type[ModelTrainer]:
    """Return the trainer class registered under `name`.

    Raises:
        UsageError: no trainer has this name, or its package cannot be imported.
    """
    points = _points(group)
    if name not in points:
        raise UsageError(f"There is no model '{name}'{did_you_mean(name, points)}; choose one of: {', '.join(sorted(points))}.")
    try:
        kind: type[ModelTrainer] = points[name].load()
    except ImportError as error:
        raise UsageError(f"The model '{name}' cannot be imported: {error}.") from error
    return kind


def build(kind: type[ModelTrainer], parameters: dict[str, Any], seed: int = 0) -> ModelTrainer:
    """Return a trainer built from named parameters, as `fit --param name=value` and `trainer tune` give them.

    A parameter that the constructor declares is passed to it; all others are passed in `hyperparameters`, if the constructor
    declares that. `seed` is passed if the constructor declares it.

    Raises:
        UsageError: the trainer has no such parameter, or its constructor refuses the values.
    """
    accepted = [name for name in inspect.signature(kind.__init__).parameters if name != "self"]
    options = {name: value for name, value in parameters.items() if name in accepted}
    others = {name: value for name, value in parameters.items() if name not in accepted}
    if others and "hyperparameters" not in accepted:
        known = [*accepted, *sorted(set(kind.search_space) - set(accepted))]
        unknown = ", ".join(f"{name}{did_you_mean(name, known)}" for name in sorted(others))
        raise UsageError(f"{kind.__name__} has no parameter {unknown}; it has: {', '.join(known) or 'none'}.")
    if others:
        options["hyperparameters"] = (options.get("hyperparameters") or {}) | others
    if "seed" in accepted:
        options.setdefault("seed", seed)
        if not isinstance(options["seed"], int) or isinstance(options["seed"], bool) or not 0 <= options["seed"] <= LARGEST_SEED:
            raise UsageError(f"The seed must be a whole number from 0 to {LARGEST_SEED}, not {options['seed']!r}.")
    constructor: Any = kind
    try:
        trainer: ModelTrainer = constructor(**options)
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{kind.__name__} refused its parameters: {error}.") from error
    return trainer


def name_of(kind: type[ModelTrainer]) -> str:
    """Return the name under which a trainer is recorded: that of its entry point, or `module:Class` if it has none.

    A subclass of a registered trainer has no entry point of its own: its models must not be loaded as its parent's.
    """
    path = f"{kind.__module__}:{kind.__qualname__}"
    points = _points(RANKERS if getattr(kind, "ranks", False) else ENTRY_POINT_GROUP)
    return next((name for name, point in points.items() if point.value == path), path)


def ranker_of(trainer: ModelTrainer) -> ModelTrainer:
    """Return the trainer itself if its class sets `ranks`, else the ranker registered under its name, with its options.

    Raises:
        UsageError: no such ranker is registered, or it lacks an option that was set.
    """
    if getattr(trainer, "ranks", False):
        return trainer
    name = name_of(type(trainer))
    if name not in names(RANKERS):
        raise UsageError(
            f"'{name}' cannot train an alert_ranker; these can: {', '.join(names(RANKERS))}; to rank by the score of "
            f"'{name}', train it as an alert_scorer and read score_rank in scored_alerts."
        )
    kind: Any = trainer_class(name, RANKERS)
    accepted = inspect.signature(kind.__init__).parameters
    defaults = inspect.signature(type(trainer).__init__).parameters
    options = trainer.options()
    if unknown := [one for one, value in options.items() if one not in accepted and value != defaults[one].default]:
        raise UsageError(f"The ranker '{name}' has no parameter {', '.join(unknown)}; it has: {', '.join(list(accepted)[1:])}.")
    ranker: ModelTrainer = kind(**{one: value for one, value in options.items() if one in accepted})
    return ranker


def _points(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}

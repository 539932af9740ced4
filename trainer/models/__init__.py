"""Pluggable trainers, found by entry point (group `trainer.models`); the built-in ones use the same door."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.models.base import ModelTrainer

ENTRY_POINT_GROUP = "trainer.models"
LARGEST_SEED = 2**31 - 1  # that all libraries take
RANKERS = "trainer.rankers"
"""The group of trainers that learn an order, each under the name of the trainer it stands for in the model type alert_ranker."""


def names(group: str = ENTRY_POINT_GROUP) -> list[str]:
    """Return the names of the registered trainers without importing any."""
    return sorted(_points(group))


def trainer_class(name: str, group: str = ENTRY_POINT_GROUP) -> type[ModelTrainer]:
    """Return the trainer registered under `name`.

    Raises:
        UsageError: there is none, or its package cannot be imported.
    """
    points = _points(group)
    if name not in points:
        raise UsageError(f"There is no model '{name}'; there are: {', '.join(sorted(points))}.")
    try:
        found: type[ModelTrainer] = points[name].load()
    except ImportError as error:
        raise UsageError(f"The model '{name}' cannot be imported: {error}.") from error
    return found


def build(kind: type[ModelTrainer], parameters: dict[str, Any], seed: int = 0) -> ModelTrainer:
    """Return a trainer built from named parameters, as `fit --param name=value` and `trainer tune` give them.

    A name that the constructor has is that argument; any other goes into `hyperparameters`, where the constructor has that.
    `seed` is passed to a trainer that takes one.

    Raises:
        UsageError: the trainer has no such parameter, or cannot be made with these values.
    """
    import inspect

    accepted = [name for name in inspect.signature(kind.__init__).parameters if name != "self"]
    options = {name: value for name, value in parameters.items() if name in accepted}
    others = {name: value for name, value in parameters.items() if name not in accepted}
    if others and "hyperparameters" not in accepted:
        known = ", ".join([*accepted, *sorted(set(kind.search_space) - set(accepted))]) or "none"
        raise UsageError(f"{kind.__name__} has no parameter {', '.join(sorted(others))}; it has: {known}.")
    if others:
        options["hyperparameters"] = (options.get("hyperparameters") or {}) | others
    if "seed" in accepted:
        options.setdefault("seed", seed)
        if not isinstance(options["seed"], int) or isinstance(options["seed"], bool) or not 0 <= options["seed"] <= LARGEST_SEED:
            raise UsageError(f"A seed is a whole number from 0 to {LARGEST_SEED}, not {options['seed']!r}.")
    made: Any = kind
    try:
        trainer: ModelTrainer = made(**options)
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{kind.__name__} cannot be made with these parameters: {error}.") from error
    return trainer


def name_of(kind: type[ModelTrainer]) -> str:
    """Return the name a trainer is recorded under: that of its entry point, or `module:Class` for one that has none.

    A class derived from a registered one is another trainer, and must not be loaded back as its parent.
    """
    own = f"{kind.__module__}:{kind.__qualname__}"
    points = _points(RANKERS if getattr(kind, "ranks", False) else ENTRY_POINT_GROUP)
    return next((name for name, point in points.items() if point.value == own), own)


def ranker_of(trainer: ModelTrainer) -> ModelTrainer:
    """Return a trainer that learns an order: the one given if it says `ranks`, or the ranker registered under its name.

    The ranker gets the given trainer's options.

    Raises:
        UsageError: there is none, or it has no option that was given.
    """
    import inspect

    if getattr(trainer, "ranks", False):
        return trainer
    name = name_of(type(trainer))
    if name not in names(RANKERS):
        raise UsageError(
            f"'{name}' learns no order, which an alert_ranker must; those that do are: {', '.join(names(RANKERS))}; to rank by "
            "its score instead, train it as an alert_scorer and read score_rank in scored_alerts."
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

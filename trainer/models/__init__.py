"""Pluggable trainers, found by entry point (group `trainer.models`); the built-in ones use the same door."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.models.base import ModelTrainer

ENTRY_POINT_GROUP = "trainer.models"


def names() -> list[str]:
    """Return the names of the registered trainers without importing any."""
    return sorted(_points())


def trainer_class(name: str) -> type[ModelTrainer]:
    """Return the trainer registered under `name`.

    Raises:
        UsageError: there is none, or its package cannot be imported.
    """
    points = _points()
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
        UsageError: the trainer has no such parameter.
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
    made: Any = kind
    trainer: ModelTrainer = made(**options)
    return trainer


def name_of(kind: type[ModelTrainer]) -> str:
    """Return the name a trainer is recorded under: that of its entry point, or `module:Class` for one that has none.

    A class derived from a registered one is another trainer, and must not be loaded back as its parent.
    """
    own = f"{kind.__module__}:{kind.__qualname__}"
    return next((name for name, point in _points().items() if point.value == own), own)


def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}

"""Trainers and label strategies named on the command line: registered ones, or classes of the user's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.cli.options import parameter_of
from trainer.errors import UsageError, UserCodeError, reason, user_code

if TYPE_CHECKING:
    from trainer.labels import LabelStrategy
    from trainer.models import ModelTrainer


def trainer_class_of(name: str) -> type[ModelTrainer]:
    """Return the registered trainer `name`, or the class `package.module:Class`."""
    from trainer.models import ModelTrainer, trainer_class

    kind: type[ModelTrainer] = _imported(name, ModelTrainer) if ":" in name else trainer_class(name)
    return kind


def trainer_of(name: str, values: dict[str, Any], seed: int) -> ModelTrainer:
    """Return the trainer `name`, built with the parameters and, where it takes one, the seed."""
    from trainer.models import build

    kind = trainer_class_of(name)
    with user_code(kind, "__init__", "these parameters"):
        return build(kind, values, seed)


def strategy_of(name: str) -> LabelStrategy | str:
    """Return the name of a strategy that dbt computes, or an object of the class `package.module:Class`."""
    from trainer.labels import LabelStrategy

    if ":" not in name:
        return name
    kind = _imported(name, LabelStrategy)
    with user_code(kind, "__init__"):
        strategy: LabelStrategy = kind()
    return strategy


def parameters_of(model: str, file: Path | None, texts: list[str] | None) -> dict[str, Any]:
    """Return the hyperparameters of a file, if there is one, overridden by those of `--param`."""
    parameters: dict[str, Any] = {}
    if file is not None:
        from trainer.models import name_of
        from trainer.training import read_parameters

        parameters = read_parameters(file, name_of(trainer_class_of(model)))
    return parameters | dict(parameter_of(text) for text in texts or [])


def _imported(name: str, base: type) -> Any:
    """Return the class `package.module:Class`, which must derive from `base`; the working directory is searched too."""
    import importlib

    module, _, attribute = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        kind = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # a module may raise anything while it is imported
        raise UserCodeError(f"{name} cannot be imported: {type(error).__name__}: {reason(error)}.") from error
    finally:
        sys.path.pop(0)
    if not (isinstance(kind, type) and issubclass(kind, base)):
        raise UsageError(f"{name} is not a {base.__name__}.")
    return kind

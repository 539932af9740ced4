"""Checks the arguments of a training run before any data is read: trainers and strategies as names, classes or objects."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from trainer.errors import UsageError, user_code
from trainer.labels import AddressLabelStrategy, LabelStrategy, WarehouseLabelStrategy
from trainer.model_types import get_model_type
from trainer.models import ModelTrainer, build, check_options, ranker_of, trainer_class

if TYPE_CHECKING:
    from trainer.warehouse import Client


def trainer_named(given: ModelTrainer | type[ModelTrainer] | str | None, seed: int = 0) -> ModelTrainer:
    """Return a trainer as an object: of a registered name or a class, one with its defaults and the seed; XGBoost for None.

    Raises:
        UsageError: no trainer has that name, or it is something else.
    """
    if isinstance(given, ModelTrainer):
        return given
    if given is None or isinstance(given, str):
        return build(trainer_class("xgboost" if given is None else given), {}, seed)
    if isinstance(given, type) and issubclass(given, ModelTrainer):
        with user_code(given, "__init__"):
            return build(given, {}, seed)
    raise UsageError(
        "model_trainer must be a ModelTrainer (a class that derives from it, an object of one, or a registered name such as "
        f"'lightgbm'), not {_described(given)}."
    )


def checked_trainer(given: ModelTrainer | type[ModelTrainer] | str | None, model_type: str, seed: int = 0) -> ModelTrainer:
    """Return the trainer for a model type, its options checked as far as they can be without data.

    Raises:
        UsageError: there is no such trainer or model type, the trainer cannot train it, or it refuses an option.
    """
    trainer = trainer_named(given, seed)
    if get_model_type(model_type).is_ranker:
        trainer = ranker_of(trainer)
    check_options(trainer)
    return trainer


def strategy_named(given: LabelStrategy | type[LabelStrategy] | str | None) -> LabelStrategy:
    """Return a label strategy as an object: of a name, the one that dbt computes; SOT and custom labels for None.

    Raises:
        UsageError: it is neither a name nor a strategy, or a class that needs arguments.
    """
    if given is None:
        return AddressLabelStrategy()
    if isinstance(given, str):
        return WarehouseLabelStrategy(given)
    if isinstance(given, LabelStrategy):
        return given
    if isinstance(given, type) and issubclass(given, LabelStrategy):
        try:
            inspect.signature(given).bind()
        except TypeError as error:
            raise UsageError(
                f"label_strategy is the class {given.__name__}, which needs arguments; give an object of it."
            ) from error
        kind: Any = given
        with user_code(given, "__init__"):
            made: LabelStrategy = kind()
        return made
    raise UsageError(
        "label_strategy must be a LabelStrategy (a class that derives from it, an object of one, or the name of one that dbt "
        f"computes, such as 'address_labels'), not {_described(given)}."
    )


def require_client(client: Client) -> None:
    """Raise UsageError unless `client` is a warehouse client, as `trainer.connect()` opens one."""
    if not all(callable(getattr(client, name, None)) for name in ("query", "raw_stream", "insert_df")):
        raise UsageError(f"client must be an open connection, as from `with connect() as client:`, not {_described(client)}.")


def _described(value: object) -> str:
    return "None" if value is None else f"{value!r:.60} ({type(value).__name__})"

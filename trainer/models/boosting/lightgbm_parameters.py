"""LightGBM's parameters: their aliases, which are refused, and what LightGBM's own refusals become."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trainer.errors import UsageError, did_you_mean
from trainer.models.boosting.plan import by_first_name
from trainer.models.boosting.trial import without_columns
from trainer.models.files.lightgbm_text import import_lightgbm

UNSUPPORTED = ("categorical_feature", "linear_tree")  # what they grow is not what `files.lightgbm_text` can check


def first_names(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters under LightGBM's first name for each.

    Raises:
        UsageError: LightGBM has no such parameter, it is given twice, or its models cannot be checked when they are loaded.
    """
    aliases = import_lightgbm().basic._ConfigAliases._get_all_param_aliases()
    first = {other: name for name, others in aliases.items() for other in (name, *others)}
    if unknown := sorted(set(parameters) - set(first)):
        near = (did_you_mean(name, first.values()) or did_you_mean(name, first) for name in unknown)
        raise UsageError(f"LightGBM has no parameter {', '.join(map(str.__add__, unknown, near))}.")
    renamed = by_first_name(parameters, first)
    for name in UNSUPPORTED:
        if renamed.get(name):
            raise UsageError(f"LightGBM's {name} is not supported: its files cannot be checked when they are loaded.")
    return renamed


@contextmanager
def lightgbm_refusals() -> Iterator[None]:
    """Raise LightGBM's complaints about parameters as one sentence.

    Raises:
        UsageError: LightGBM refuses the parameters.
    """
    try:
        yield
    except (import_lightgbm().basic.LightGBMError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"LightGBM refused its parameters: {str(error).splitlines()[0][:300]}") from error


def try_parameters(parameters: dict[str, Any], X: Any, y: Any, sizes: Any = None) -> None:
    """Let LightGBM check parameters by growing one tree on a few rows; those whose value is a list of columns are left out.

    Args:
        parameters: under their first names.
        sizes: of the lists, for a ranking objective.

    Raises:
        UsageError: LightGBM refuses the parameters.
    """
    lightgbm = import_lightgbm()
    data = lightgbm.Dataset(X, y, group=sizes, params={"verbose": -1})
    with lightgbm_refusals():
        lightgbm.train(without_columns(parameters) | {"num_threads": 1, "verbose": -1}, data, 1)

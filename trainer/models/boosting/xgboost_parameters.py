"""XGBoost's parameters: their aliases, which are refused, and what XGBoost's own refusals become."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trainer.errors import UsageError, did_you_mean
from trainer.models.boosting.trial import without_columns

# Alias -> first name (https://xgboost.readthedocs.io/en/stable/parameter.html).
ALIASES = {
    "eta": "learning_rate",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
    "n_jobs": "nthread",
    "num_boost_round": "n_estimators",
    "num_round": "n_estimators",
    "random_state": "seed",
}


def require_supported(parameters: dict[str, Any]) -> None:
    """Raise UsageError unless the booster is gbtree, whose files can be checked, and stdout is left alone.

    Args:
        parameters: under their first names.

    Raises:
        UsageError: the booster is another one, or XGBoost would print.
    """
    if parameters.get("verbosity", 0) not in (0, 1):
        raise UsageError("XGBoost's verbosity must be 0 or 1: above 1 it prints to stdout, which is for data.")
    if (booster := parameters.get("booster", "gbtree")) != "gbtree":
        raise UsageError(f"XGBoost's booster '{booster}' is not supported: its files cannot be checked when they are loaded.")


@contextmanager
def xgboost_refusals() -> Iterator[None]:
    """Raise XGBoost's complaints about parameters, errors and warnings alike, as one sentence.

    Raises:
        UsageError: XGBoost refuses the parameters, or does not use one.
    """
    import xgboost

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    except (xgboost.core.XGBoostError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"XGBoost refused its parameters: {str(error).splitlines()[0][:300]}") from error
    for warning in caught:
        if unused := re.search(r"Parameters: \{ (.*) \} are not used", str(warning.message)):
            raise UsageError(_unused([name.strip(' "') for name in unused[1].split(",")]))
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _unused(names: list[str]) -> str:
    known = known_parameters()
    if unknown := [name for name in names if name not in known]:
        return f"XGBoost has no parameter {', '.join(name + did_you_mean(name, known) for name in unknown)}."
    return f"XGBoost does not use the parameter {', '.join(names)} with the others; leave it out."


def known_parameters() -> list[str]:
    """Return the names of XGBoost's parameters, as a model reports them, and their aliases."""
    import numpy as np
    import xgboost

    model = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(np.zeros((2, 1)), np.array([0, 1])), 1)
    return sorted({*ALIASES, *ALIASES.values(), *_keys(json.loads(model.save_config()))})


def try_parameters(parameters: dict[str, Any], X: Any, y: Any, lists: Any = None) -> None:
    """Let XGBoost check parameters by growing one tree on a few rows; those whose value is a list of columns are left out.

    Raises:
        UsageError: XGBoost refuses the parameters, or does not use one.
    """
    import xgboost

    with xgboost_refusals():
        xgboost.train(without_columns(parameters) | {"nthread": 1}, xgboost.QuantileDMatrix(X, y, qid=lists), 1)


def _keys(config: Any) -> Iterator[str]:
    for name, value in config.items() if isinstance(config, dict) else ():
        yield name
        yield from _keys(value)

"""XGBoost's parameters: their aliases, which are refused, and what XGBoost's own refusals become."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trainer.errors import UsageError

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
            raise UsageError(
                f"XGBoost has no parameter {unused[1].replace(chr(34), '')}, or does not use it with the others; leave it out."
            )
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)

"""Search spaces as Optuna's distributions, and the Optuna study in a SQLite file that continues only the same search."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, UsageError, did_you_mean

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

PRUNERS = ("median", "hyperband", "none")
STUDY_NAME = "trainer"
STARTUP_TRIALS = 5  # trials that are never pruned, until their median means something

Space = dict[str, "BaseDistribution"]  # of each parameter; a categorical one holds its choices as JSON text


def read_space(declared: Any, where: str, fixed: Mapping[str, Any] | None = None) -> Space:
    """Return a declared search space as Optuna's distributions, without the parameters that are fixed.

    Args:
        declared: name → {"type": "int" | "float", "low", "high", "log", "step"} or {"type": "categorical", "choices"}; a choice
            is any JSON value.
        where: what to call it in an error.
        fixed: parameters that are not searched.

    Raises:
        UsageError: it is empty, or not of that form.
    """
    if not isinstance(declared, dict):
        raise UsageError(f"The search space of {where} must be an object of parameters by name, not {declared!r}.")
    space = {}
    for name, dimension in declared.items():
        try:
            space[str(name)] = _distribution(dimension)
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(f"The search space of {where} is not valid: {name}: {error}") from error
    space = {name: distribution for name, distribution in space.items() if name not in (fixed or {})}
    if not space:
        raise UsageError(
            f"{where} has no search space; declare one as the class attribute search_space = "
            '{"max_depth": {"type": "int", "low": 3, "high": 10}}, or give --space FILE with such an object as JSON.'
        )
    return space


def as_declared(space: Space) -> dict[str, dict[str, Any]]:
    """Return the search space in the form that `read_space` takes, every key present; a study is identified by it."""
    return {name: _declaration(distribution) for name, distribution in space.items()}


def suggest(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    """Return the trial's value of each parameter in the space."""
    return {name: _suggest(trial, name, distribution) for name, distribution in space.items()}


def lowest(space: Space) -> dict[str, Any]:
    """Return the lowest value, or the first choice, of each parameter: an example that a trainer must accept."""
    declared = as_declared(space)
    return {name: one["choices"][0] if one["type"] == "categorical" else one["low"] for name, one in declared.items()}


def _distribution(declared: Any) -> BaseDistribution:
    """Return one declared dimension; Optuna checks the bounds, this the types."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(declared, dict):
        raise TypeError(f"a parameter's range must be an object, not {declared!r}.")
    arguments = {name: value for name, value in declared.items() if name != "type" and value is not None}
    kind = declared.get("type")
    if kind == "categorical":
        if set(arguments) != {"choices"} or not isinstance(arguments["choices"], list | tuple):
            raise ValueError("a categorical parameter has a list of choices, and nothing else.")
        return CategoricalDistribution([json.dumps(choice, allow_nan=False) for choice in arguments["choices"]])
    if kind not in {"int", "float"}:
        raise ValueError(f"its type must be int, float or categorical, not {kind!r}.")
    if unknown := sorted(map(str, set(arguments) - {"low", "high", "step", "log"})):
        raise ValueError(f"{unknown[0]} is unknown; a range has low, high, step and log.")
    if missing := [name for name in ("low", "high") if name not in arguments]:
        raise ValueError(f"{missing[0]} is missing.")
    if not isinstance(arguments.get("log", False), bool):
        raise TypeError(f"log must be true or false, not {arguments['log']!r}.")
    numbers = {name: _number(name, value, kind) for name, value in arguments.items() if name != "log"}
    distribution = IntDistribution if kind == "int" else FloatDistribution
    return distribution(**numbers, log=arguments.get("log", False))


def _number(name: str, value: Any, kind: str) -> Any:
    whole = kind == "int"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {value!r}.")
    if whole and value != int(value):
        raise ValueError(f"{name} must be a whole number, not {value!r}.")
    return int(value) if whole else float(value)


def _declaration(distribution: BaseDistribution) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    of: Any = distribution
    if isinstance(of, CategoricalDistribution):
        return {"type": "categorical", "choices": [json.loads(str(choice)) for choice in of.choices]}
    is_int = isinstance(of, IntDistribution)
    step = None if is_int and of.step == 1 else of.step
    return {"type": "int" if is_int else "float", "low": of.low, "high": of.high, "step": step, "log": of.log}


def _suggest(trial: optuna.Trial, name: str, distribution: BaseDistribution) -> Any:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    of: Any = distribution
    if isinstance(of, CategoricalDistribution):
        return json.loads(str(trial.suggest_categorical(name, of.choices)))
    if isinstance(of, IntDistribution):
        return trial.suggest_int(name, of.low, of.high, step=of.step, log=of.log)
    return trial.suggest_float(name, of.low, of.high, step=of.step, log=of.log)


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises:
        BadInputError: the file cannot be read, or does not hold a JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(value, ensure_ascii=False).encode()  # JSON can spell half characters, which SQLite cannot store
    except (OSError, ValueError, RecursionError) as error:
        raise BadInputError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(value, dict):
        raise BadInputError(f"{path} does not hold a JSON object.")
    return value


def open_study(path: Path, identity: Mapping[str, str], maximize: bool, pruner: str, folds: int) -> optuna.Study:
    """Create the study in a SQLite file, or continue it.

    Args:
        path: the file.
        identity: what is searched, by name; a study with another identity is not continued.
        maximize: whether a higher value is better.
        pruner: one of PRUNERS.
        folds: number of values that a trial reports.

    Raises:
        UsageError: the file is not a study, or is the study of another search.
    """
    import optuna
    from sqlalchemy.engine import URL
    from sqlalchemy.exc import SQLAlchemyError

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path.parent.mkdir(parents=True, exist_ok=True)
    url = URL.create("sqlite", database=str(path)).render_as_string()
    try:
        study = optuna.create_study(
            study_name=STUDY_NAME,
            storage=optuna.storages.RDBStorage(url),
            direction="maximize" if maximize else "minimize",
            pruner=make_pruner(pruner, folds),
            load_if_exists=True,
        )
        known = study.user_attrs.get("identity")
    except (SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError) as error:
        reason = str(error).splitlines()[0][:200]
        raise UsageError(f"{path} is not a study that can be continued ({reason}); give another --study.") from error
    if known is None and not study.trials:
        study.set_user_attr("identity", dict(identity))
    elif known != dict(identity):
        other = ", ".join(name for name, value in identity.items() if (known or {}).get(name) != value)
        raise UsageError(f"The study in {path} was made with another {other}; give another --study, or delete the file.")
    return study


def make_pruner(name: str, folds: int) -> optuna.pruners.BasePruner:
    """Return the pruner named `name`, which decides after each of a trial's `folds` folds.

    Raises:
        UsageError: there is no such pruner.
    """
    import optuna

    if name == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS)
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=folds)
    if name == "none":
        return optuna.pruners.NopPruner()
    raise UsageError(f"There is no pruner '{name}'{did_you_mean(name, PRUNERS)}; choose one of: {', '.join(PRUNERS)}.")


def make_sampler(seed: int, trial: int) -> optuna.samplers.BaseSampler:
    """Return the sampler of one trial, seeded by its number, so that an interrupted study continues as if it had not been."""
    import numpy as np
    import optuna

    own_seed = int(np.random.SeedSequence([seed, trial]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=own_seed, constant_liar=False)


def finished(study: optuna.Study) -> dict[str, int]:
    """Return the numbers of trials that were completed and pruned; interrupted ones do not count."""
    states = [trial.state.name for trial in study.get_trials(deepcopy=False)]
    return {"complete": states.count("COMPLETE"), "pruned": states.count("PRUNED")}

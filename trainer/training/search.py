"""A search space, and an Optuna study over it in a SQLite file that is continued only if it is of the same search."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from trainer.errors import BadInputError, UsageError

if TYPE_CHECKING:
    import optuna

PRUNERS = ("median", "hyperband", "none")
STUDY_NAME = "trainer"
STARTUP_TRIALS = 5  # before the median of the others says anything

Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Range(BaseModel):
    model_config = ConfigDict(extra="forbid")

    low: Finite
    high: Finite
    step: Finite | None = Field(default=None, gt=0)
    log: bool = False

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low > self.high:
            raise ValueError("low is above high")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("a log range starts above 0 and has no step")
        return self


class IntRange(_Range):
    """Whole numbers from low to high, both included."""

    type: Literal["int"]
    low: int
    high: int
    step: int | None = Field(default=None, gt=0)

    def suggest(self, trial: optuna.Trial, name: str) -> Any:
        """Return the trial's value."""
        return trial.suggest_int(name, self.low, self.high, step=self.step or 1, log=self.log)


class FloatRange(_Range):
    """Numbers from low to high."""

    type: Literal["float"]

    def suggest(self, trial: optuna.Trial, name: str) -> Any:
        """Return the trial's value."""
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)


class Choice(BaseModel):
    """One of some JSON values; they are told apart as JSON, so that a list, true and 1 can each be one."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["categorical"]
    choices: list[Any] = Field(min_length=1)

    def suggest(self, trial: optuna.Trial, name: str) -> Any:
        """Return the trial's value."""
        return json.loads(trial.suggest_categorical(name, [json.dumps(choice) for choice in self.choices]))


Space = dict[str, Annotated[IntRange | FloatRange | Choice, Field(discriminator="type")]]


def read_space(declared: Any, where: str, fixed: Mapping[str, Any] | None = None) -> Space:
    """Return a declared search space, less the parameters that are fixed.

    Args:
        declared: name → {"type": "int" | "float", "low", "high", "log", "step"} or {"type": "categorical", "choices"}.
        where: what to call it in an error.

    Raises:
        UsageError: it is empty, or not of that form.
    """
    try:
        space = TypeAdapter(Space).validate_python(declared)
        json.dumps({name: dimension.model_dump() for name, dimension in space.items()}, allow_nan=False)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise UsageError(f"The search space of {where} is not valid: {place}: {first['msg']}.") from error
    except (TypeError, ValueError) as error:
        raise UsageError(f"The search space of {where} has a choice that is no JSON value: {error}.") from error
    space = {name: dimension for name, dimension in space.items() if name not in (fixed or {})}
    if not space:
        raise UsageError(
            f"{where} has no search space; declare one as the class attribute search_space = "
            '{"max_depth": {"type": "int", "low": 3, "high": 10}}, or give --space FILE with such an object as JSON.'
        )
    return space


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises:
        BadInputError: it cannot be read, or holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInputError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(found, dict):
        raise BadInputError(f"{path} does not hold a JSON object.")
    return found


def open_study(path: Path, identity: Mapping[str, str], maximize: bool, pruner: str, folds: int) -> optuna.Study:
    """Create or continue the study in a SQLite file.

    Args:
        identity: what the study is of; one that was made of anything else is not continued.

    Raises:
        UsageError: the file is no study, or one of something else.
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
        found = study.user_attrs.get("identity")
    except (SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError) as error:
        reason = str(error).splitlines()[0][:200]
        raise UsageError(f"{path} is not a study that can be continued ({reason}); give another --study.") from error
    if found is None and not study.trials:
        study.set_user_attr("identity", dict(identity))
    elif found != dict(identity):
        other = [name for name, value in identity.items() if (found or {}).get(name) != value]
        raise UsageError(
            f"The study in {path} was made with another {', '.join(other)}; "
            "give another --study, or delete the file to start anew."
        )
    return study


def make_pruner(name: str, folds: int) -> optuna.pruners.BasePruner:
    """Return the pruner that looks at a trial after each of `folds` folds.

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
    raise UsageError(f"There is no pruner '{name}'; there are: {', '.join(PRUNERS)}.")


def make_sampler(seed: int, trial: int) -> optuna.samplers.BaseSampler:
    """Return the sampler of one trial, so that a study that was interrupted goes on as if it had not been."""
    import numpy as np
    import optuna

    drawn = int(np.random.SeedSequence([seed, trial]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=drawn, constant_liar=False)


def finished(study: optuna.Study) -> dict[str, int]:
    """Return how many trials were completed and how many pruned; those that were interrupted do not count."""
    states = [trial.state.name for trial in study.get_trials(deepcopy=False)]
    return {"complete": states.count("COMPLETE"), "pruned": states.count("PRUNED")}

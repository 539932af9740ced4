"""Tunes hyperparameters on rows that leave the final grade alone.

One part of the split that `fit` uses is held out, with all of its addresses. The rows that `fit` would train on for that part
are split again by address, and every trial is scored there. The best parameters and the defaults are then both trained on those
rows and graded on the part that no trial has seen.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer import settings
from trainer.errors import BadInputError, NotEnoughLabelsError, UsageError
from trainer.evaluation import EMBARGO_DAYS, FOLDS, evaluate, make_split, metrics
from trainer.models import checked_predict, fit_trainer, name_of
from trainer.training.search import Space, as_declared, finished, make_sampler, open_study, read_object, suggest

if TYPE_CHECKING:
    import optuna
    import pandas as pd

    from trainer.data import Dataset
    from trainer.models import ModelTrainer

METRICS = {"log_loss": False, "average_precision": True}  # whether more is better
TRIALS = 50
Build = Callable[[dict[str, Any]], "ModelTrainer"]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """Which rows do what: trials see `train` alone, in `inner` folds of its rows; `held_out` is graded once."""

    train: np.ndarray
    held_out: np.ndarray
    inner: list[tuple[np.ndarray, np.ndarray]]
    description: str

    @property
    def digest(self) -> str:
        """A hash of every row number."""
        found = hashlib.sha256()
        for rows in (self.train, self.held_out, *(part for fold in self.inner for part in fold)):
            found.update(len(rows).to_bytes(8) + np.ascontiguousarray(rows, dtype=np.int64).tobytes())
        return found.hexdigest()


@dataclass
class TuningResult:
    """What `tune` reports.

    Attributes:
        parameters: what to give to `fit`; the defaults (with what was fixed) where no trial beat them.
        inner: the metric of defaults and best, averaged over the inner folds: what was optimised, and so too good.
        held_out: the metrics of defaults and best, with 95 % intervals, on rows that no trial saw.
        graded_before: how often this study was graded on them before; choosing by these figures makes them too good as well.
    """

    model: str
    metric: str
    parameters: dict[str, Any]
    beat_defaults: bool
    n_complete: int
    n_pruned: int
    n_train: int
    n_held_out: int
    n_held_out_addresses: int
    split_description: str
    inner: dict[str, float | None]
    held_out: dict[str, dict[str, dict[str, float]]]
    graded_before: int
    study: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


@dataclass
class Tuning:
    """One search for better hyperparameters of one trainer, on one table.

    Args:
        data: the labelled rows, as `ModelTraining.read` returns them.
        gold: (n,) gold labels, NaN where there are none: all that anything is graded on.
        build: returns a trainer for parameters; those of an empty dict are its defaults.
        space: what to search; see `trainer.training.search.read_space`.
        fixed: parameters of every trial and of the defaults.
        metric: `log_loss` or `average_precision`, of the scores before calibration.
        trials: in total, those of an earlier run of the study included.
        timeout: seconds after which no further trial is begun.
        study: the SQLite file; by default one among the artifacts whose name says what it is of.
    """

    data: Dataset
    gold: np.ndarray
    build: Build
    space: Space
    fixed: Mapping[str, Any]
    metric: str = "log_loss"
    pruner: str = "median"
    trials: int = TRIALS
    timeout: float | None = None
    seed: int = 0
    folds: int = FOLDS
    inner_folds: int = FOLDS
    embargo_days: int = EMBARGO_DAYS
    study: Path | None = None
    progress: Progress | None = None

    def run(self) -> TuningResult:
        """Search, then grade once; what is done is kept in the study from trial to trial, also when interrupted.

        Raises:
            NotEnoughLabelsError: there is too little gold to hold a part out and to split the rest.
            UsageError: the study is of something else, or the trainer refuses its parameters.
        """
        started = time.monotonic()
        if self.metric not in METRICS:
            raise UsageError(f"There is no metric '{self.metric}' to tune by; there are: {', '.join(METRICS)}.")
        plan = make_plan(self.data, self.gold, self.folds, self.inner_folds, self.embargo_days, self.seed)
        path = self.study_file(plan)
        study = open_study(path, self._identity(plan), METRICS[self.metric], self.pruner, len(plan.inner))
        frame = self.data.frame()
        default = self._default(study, plan, frame)
        self._search(study, plan, frame, started)
        best = _best(study)
        beats = best is not None and (best[0] > default if METRICS[self.metric] else best[0] < default)
        parameters = best[1] if best is not None and beats else dict(self.fixed)
        held_out = {"defaults": self._graded(dict(self.fixed), plan, frame)}
        held_out["best"] = self._graded(parameters, plan, frame) if beats else held_out["defaults"]
        before = int(study.user_attrs.get("graded", 0))
        study.set_user_attr("graded", before + 1)
        done = finished(study)
        return TuningResult(
            model=name_of(type(self.build(dict(self.fixed)))),
            metric=self.metric,
            parameters=parameters,
            beat_defaults=beats,
            n_complete=done["complete"],
            n_pruned=done["pruned"],
            n_train=len(plan.train),
            n_held_out=len(plan.held_out),
            n_held_out_addresses=int(np.unique(self.data.groups[plan.held_out]).size),
            split_description=plan.description,
            inner={"defaults": default, "best": None if best is None else best[0]},
            held_out=held_out,
            graded_before=before,
            study=str(path),
            seconds=round(time.monotonic() - started, 3),
        )

    def study_file(self, plan: Plan) -> Path:
        """Return the file of the study: another one for another model, data, split, space or metric, unless it was named."""
        if self.study is not None:
            return self.study
        identity = self._identity(plan)
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        return settings.artifacts_dir() / "studies" / f"{identity['model'].rpartition(':')[2]}-{digest[:12]}.db"

    def _identity(self, plan: Plan) -> dict[str, str]:
        return {
            "model": name_of(type(self.build(dict(self.fixed)))),
            "data": self.data.fingerprint(),
            "split": plan.digest,
            "seed": str(self.seed),
            "metric": self.metric,
            "pruner": self.pruner,
            "search space": json.dumps(as_declared(self.space), sort_keys=True),
            "parameters": json.dumps(self.fixed, sort_keys=True, default=str),
        }

    def _default(self, study: optuna.Study, plan: Plan, frame: pd.DataFrame) -> float:
        """Return what the defaults reach on the inner folds, which a trial has to beat."""
        if "default" not in study.user_attrs:
            values = [self._value(self.build(dict(self.fixed)), plan, fold, frame) for fold in plan.inner]
            study.set_user_attr("default", float(np.mean(values)))
        return float(study.user_attrs["default"])

    def _search(self, study: optuna.Study, plan: Plan, frame: pd.DataFrame, started: float) -> None:
        import optuna

        def objective(trial: optuna.Trial) -> float:
            parameters = dict(self.fixed) | suggest(trial, self.space)
            trial.set_user_attr("parameters", parameters)
            trainer = self.build(parameters)
            values: list[float] = []
            for number, fold in enumerate(plan.inner, start=1):
                values.append(self._value(trainer, plan, fold, frame))
                trial.report(float(np.mean(values)), number)
                self._tell("folds of this trial", number, len(plan.inner))
                if number < len(plan.inner) and trial.should_prune():
                    raise optuna.TrialPruned
            return float(np.mean(values))

        while (done := sum(finished(study).values())) < self.trials:
            self._tell("trials", done, self.trials)
            if self.timeout is not None and time.monotonic() - started >= self.timeout:
                return
            study.sampler = make_sampler(self.seed, done)
            study.optimize(objective, n_trials=1)
        self._tell("trials", done, self.trials)

    def _value(self, trainer: ModelTrainer, plan: Plan, fold: tuple[np.ndarray, np.ndarray], frame: pd.DataFrame) -> float:
        """Return the metric on the gold rows of one inner fold, given as row numbers within `plan.train`."""
        train, test = (plan.train[part] for part in fold)
        test = test[~np.isnan(self.gold[test])]
        return metrics(self.gold[test], self._predicted(trainer, frame, train, test))[self.metric]

    def _graded(self, parameters: dict[str, Any], plan: Plan, frame: pd.DataFrame) -> dict[str, dict[str, float]]:
        proba = self._predicted(self.build(parameters), frame, plan.train, plan.held_out)
        return evaluate(self.gold[plan.held_out], proba, self.data.groups[plan.held_out], self.seed)

    def _predicted(self, trainer: ModelTrainer, frame: pd.DataFrame, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        fitted, medians = fit_trainer(
            trainer, frame.iloc[train], self.data.y[train], self.data.weight[train], self.data.groups[train]
        )
        return checked_predict(fitted, frame.iloc[test], medians)

    def _tell(self, what: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(what, done, total)


def make_plan(data: Dataset, gold: np.ndarray, folds: int, inner_folds: int, embargo_days: int, seed: int) -> Plan:
    """Return which rows are held out and how the rest is split; gold (n,) is NaN where a row has none.

    Raises:
        NotEnoughLabelsError: no part, or no inner fold, has gold labels of both classes.
    """
    groups, dates = data.groups, data.dates
    outer = make_split(data.y, groups, data.dates, folds, embargo_days, seed)
    for train, test in outer:
        held_out = test[~np.isnan(gold[test])]
        if np.unique(gold[held_out]).size < 2:
            continue
        split = make_split(data.y[train], groups[train], dates[train], inner_folds, embargo_days, seed)
        inner = [fold for fold in split if _has_both(gold[train][fold[1]])]
        if inner:
            return Plan(
                train, held_out, inner, f"held out: one of {outer.description}; trials: {len(inner)} of {split.description}"
            )
    raise NotEnoughLabelsError(
        f"Tuning needs gold labels of both classes in a part that is held out and in one that is not; there are "
        f"{int((~np.isnan(gold)).sum())} rows with one; bring more with `trainer labels add` and run `dbt run`."
    )


def write_parameters(path: Path, result: TuningResult) -> None:
    """Write the parameters with what they were tuned on, as `fit --params` reads them."""
    kept = ("model", "parameters", "metric", "inner", "held_out", "split_description", "study")
    found = {name: value for name, value in result.as_dict().items() if name in kept}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def read_parameters(path: Path, model: str) -> dict[str, Any]:
    """Return the parameters in a file of `write_parameters`, or in any JSON object {"parameters": {name: value}}.

    Raises:
        BadInputError: it is no such file.
        UsageError: they are another model's.
    """
    found = read_object(path)
    parameters = found.get("parameters")
    if not isinstance(parameters, dict):
        raise BadInputError(f'{path} has no parameters; it must hold a JSON object {{"parameters": {{"name": value}}}}.')
    if found.get("model", model) != model:
        raise UsageError(f"The parameters in {path} were tuned for the model '{found['model']}', not for '{model}'.")
    return parameters


def _best(study: optuna.Study) -> tuple[float, dict[str, Any]] | None:
    """Return value and parameters of the best trial that was completed; a pruned one was not seen on every fold."""
    return (study.best_value, study.best_trial.user_attrs["parameters"]) if finished(study)["complete"] else None


def _has_both(gold: np.ndarray) -> bool:
    return np.unique(gold[~np.isnan(gold)]).size == 2

"""Tunes hyperparameters by nested cross-validation, so that the final evaluation stays unbiased.

One fold of the split that `fit` uses is held out, with all of its addresses. The rows that `fit` would train on for that fold
are split again by address, and every trial is scored on these inner folds. The best parameters and the defaults are then both
trained on all of those rows and evaluated on the fold that no trial has seen.
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
from trainer.errors import NotEnoughLabelsError, UsageError, did_you_mean
from trainer.evaluation import EMBARGO_DAYS, FOLDS, Estimate, estimates, evaluate, make_split, metrics, plain_values
from trainer.models import checked_predict, fit_trainer, frame_at, name_of
from trainer.progress import step
from trainer.shown import Shown
from trainer.training.search import Space, as_declared, finished, make_sampler, open_study, suggest

if TYPE_CHECKING:
    import optuna
    import pandas as pd

    from trainer.data import Dataset
    from trainer.models import ModelTrainer

METRICS = {"log_loss": False, "average_precision": True}  # whether higher is better
TRIALS = 50
Build = Callable[[dict[str, Any]], "ModelTrainer"]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """The nested split: trials use only `train`, in `inner` folds of its rows; `held_out` is evaluated once, at the end."""

    train: np.ndarray
    held_out: np.ndarray
    inner: list[tuple[np.ndarray, np.ndarray]]
    description: str

    @property
    def digest(self) -> str:
        """A hash of every row number."""
        digest = hashlib.sha256()
        for rows in (self.train, self.held_out, *(part for fold in self.inner for part in fold)):
            digest.update(len(rows).to_bytes(8) + np.ascontiguousarray(rows, dtype=np.int64).tobytes())
        return digest.hexdigest()


@dataclass(repr=False)
class TuningResult(Shown):
    """What `tune` reports.

    Attributes:
        parameters: what to give to `fit`; the defaults (with the fixed parameters) where no trial beat them.
        inner: the metric of defaults and best, averaged over the inner folds. It was optimised, and so is optimistic.
        held_out: the metrics of defaults and best, with 95 % intervals, on rows that no trial used.
        graded_before: how often this study was evaluated on them before; choosing by these metrics makes them optimistic, too.
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
    held_out: dict[str, dict[str, Estimate]]
    graded_before: int
    study: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        values: dict[str, Any] = plain_values(asdict(self))
        return values

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows."""
        best = self.held_out["best"][self.metric]
        return {"model": self.model, "parameters": self.parameters, "beat_defaults": self.beat_defaults, self.metric: best}


@dataclass
class Tuning:
    """One search for better hyperparameters of one trainer, on one table.

    Args:
        data: the labelled rows, as `ModelTraining.read` returns them.
        gold: (n,) gold labels, NaN where there are none; metrics are of rows that have one.
        build: returns a trainer for a dict of parameters; an empty dict means its defaults.
        space: the search space; see `trainer.training.search.read_space`.
        fixed: parameters of every trial and of the defaults.
        metric: `log_loss` or `average_precision`, of the scores before calibration.
        trials: the total number of trials, including those of an earlier run of the study.
        timeout: seconds after which no further trial starts.
        study: the SQLite file; by default one among the artifacts, named after the model and a hash of the search.
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
        """Search, then evaluate once on the held-out rows; finished trials are kept in the study, also after an interrupt.

        Raises:
            NotEnoughLabelsError: there is too little gold to hold out a fold and to split the rest.
            UsageError: the study is of another search, or the trainer refuses its parameters or, a user's own, fails.
        """
        started = time.monotonic()
        checked_metric(self.metric)
        plan = make_plan(self.data, self.gold, self.folds, self.inner_folds, self.embargo_days, self.seed)
        path = self.study_file(plan)
        study = open_study(path, self._identity(plan), METRICS[self.metric], self.pruner, len(plan.inner))
        frame = self.data.frame()
        with step(self.progress, "the defaults"):
            default = self._default(study, plan, frame)
        self._search(study, plan, frame, started)
        best_value, best_parameters = _best(study)
        beats = best_value is not None and (best_value > default if METRICS[self.metric] else best_value < default)
        parameters = best_parameters if beats else dict(self.fixed)
        with step(self.progress, "the held-out fold"):
            held_out, graded_before = self._held_out(study, plan, frame, parameters if beats else None)
        counts = finished(study)
        return TuningResult(
            model=name_of(type(self.build(dict(self.fixed)))),
            metric=self.metric,
            parameters=parameters,
            beat_defaults=beats,
            n_complete=counts["complete"],
            n_pruned=counts["pruned"],
            n_train=len(plan.train),
            n_held_out=len(plan.held_out),
            n_held_out_addresses=int(np.unique(self.data.groups[plan.held_out]).size),
            split_description=plan.description,
            inner={"defaults": default, "best": best_value},
            held_out={which: estimates(values) for which, values in held_out.items()},
            graded_before=graded_before,
            study=str(path),
            seconds=round(time.monotonic() - started, 3),
        )

    def study_file(self, plan: Plan) -> Path:
        """Return the file of the study: the one given, or one of its own for each model, data, split, space and metric."""
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
        """Return the metric of the defaults on the inner folds, which a trial has to beat."""
        if "default" not in study.user_attrs:
            values = [self._value(self.build(dict(self.fixed)), plan, number, frame) for number in range(len(plan.inner))]
            study.set_user_attr("default", float(np.mean(values)))
        return float(study.user_attrs["default"])

    def _search(self, study: optuna.Study, plan: Plan, frame: pd.DataFrame, started: float) -> None:
        import optuna

        def objective(trial: optuna.Trial) -> float:
            parameters = dict(self.fixed) | suggest(trial, self.space)
            trial.set_user_attr("parameters", parameters)
            trainer = self.build(parameters)
            values: list[float] = []
            for number in range(len(plan.inner)):
                values.append(self._value(trainer, plan, number, frame))
                done_folds = number + 1
                trial.report(float(np.mean(values)), done_folds)
                self._report("folds of this trial", done_folds, len(plan.inner))
                if done_folds < len(plan.inner) and trial.should_prune():
                    raise optuna.TrialPruned
            return float(np.mean(values))

        while (done := sum(finished(study).values())) < self.trials:
            self._report("trials", done, self.trials)
            if self.timeout is not None and time.monotonic() - started >= self.timeout:
                return
            study.sampler = make_sampler(self.seed, done)
            study.optimize(objective, n_trials=1)
        self._report("trials", done, self.trials)

    def _value(self, trainer: ModelTrainer, plan: Plan, number: int, frame: pd.DataFrame) -> float:
        """Return the metric on the gold rows of an inner fold."""
        train, test = (plan.train[part] for part in plan.inner[number])
        test = test[~np.isnan(self.gold[test])]
        part = f"inner fold {number + 1} of {len(plan.inner)}"
        return metrics(self.gold[test], self._predicted(trainer, frame, train, test, part))[self.metric]

    def _held_out(
        self, study: optuna.Study, plan: Plan, frame: pd.DataFrame, tuned: dict[str, Any] | None
    ) -> tuple[dict[str, dict[str, dict[str, float]]], int]:
        """Return the held-out metrics of the defaults and of the tuned parameters (None: the defaults), and how often before."""
        values = {"defaults": self._evaluated(dict(self.fixed), plan, frame)}
        values["best"] = values["defaults"] if tuned is None else self._evaluated(tuned, plan, frame)
        before = int(study.user_attrs.get("graded", 0))
        study.set_user_attr("graded", before + 1)
        return values, before

    def _evaluated(self, parameters: dict[str, Any], plan: Plan, frame: pd.DataFrame) -> dict[str, dict[str, float]]:
        proba = self._predicted(self.build(parameters), frame, plan.train, plan.held_out, "the rows outside the held-out fold")
        return evaluate(self.gold[plan.held_out], proba, self.data.groups[plan.held_out], self.seed)

    def _predicted(
        self, trainer: ModelTrainer, frame: pd.DataFrame, train: np.ndarray, test: np.ndarray, part: str
    ) -> np.ndarray:
        rows = (frame_at(frame, train), self.data.y[train], self.data.weight[train], self.data.groups[train])
        fitted, medians = fit_trainer(trainer, *rows, part=part)
        return checked_predict(fitted, frame_at(frame, test), medians, part=part)

    def _report(self, what: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(what, done, total)


def checked_metric(name: str) -> str:
    """Return the name of a metric if `tune` can optimise it, else raise UsageError."""
    if name not in METRICS:
        raise UsageError(f"There is no metric '{name}'{did_you_mean(name, METRICS)} to tune by; there are: {', '.join(METRICS)}.")
    return name


def make_plan(data: Dataset, gold: np.ndarray, folds: int, inner_folds: int, embargo_days: int, seed: int) -> Plan:
    """Return the nested split; gold (n,) is NaN where a row has no gold label.

    Raises:
        NotEnoughLabelsError: no fold, or no inner fold, has gold labels of both classes.
    """
    groups, dates = data.groups, data.dates
    networks = data.networks
    outer = make_split(data.y, groups, dates, folds, embargo_days, seed, networks)
    for train, test in outer:
        held_out = test[~np.isnan(gold[test])]
        if np.unique(gold[held_out]).size < 2:
            continue
        split = make_split(data.y[train], groups[train], dates[train], inner_folds, embargo_days, seed, networks[train])
        inner = [fold for fold in split if _has_both(gold[train][fold[1]])]
        if inner:
            described = f"held out: one of {outer.description}; trials: {len(inner)} of {split.description}"
            return Plan(train, held_out, inner, described)
    raise NotEnoughLabelsError(
        f"Tuning needs gold labels of both classes in the held-out fold and in an inner fold; there are "
        f"{int((~np.isnan(gold)).sum())} rows with a gold label; bring more with `trainer labels add` and run `dbt run`."
    )


def _best(study: optuna.Study) -> tuple[float | None, dict[str, Any]]:
    """Return value and parameters of the best complete trial, None and {} without one; a pruned trial lacks folds."""
    return (study.best_value, study.best_trial.user_attrs["parameters"]) if finished(study)["complete"] else (None, {})


def _has_both(gold: np.ndarray) -> bool:
    return np.unique(gold[~np.isnan(gold)]).size == 2

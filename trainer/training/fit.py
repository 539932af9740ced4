"""Trains a model honestly: graded on rows it has not seen, then fitted to all labelled rows, saved and registered."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer import settings
from trainer.data import (
    ALERT_RANKER,
    GOLD_STRATEGY,
    Dataset,
    FeatureChoice,
    Selection,
    as_date,
    gold_labels,
    labelled_addresses,
    more_labels,
    read_labelled,
    read_training,
    resolve_selection,
)
from trainer.errors import NotEnoughLabelsError, UsageError
from trainer.evaluation import EMBARGO_DAYS, FOLDS, Split, calibration, evaluate, evaluate_ranking, make_split, metrics
from trainer.labels import AddressLabelStrategy, LabelStrategy, WarehouseLabelStrategy
from trainer.models import ModelTrainer, checked_predict, fit_trainer, name_of, ranker_of
from trainer.registry import artifact, registry

if TYPE_CHECKING:
    from trainer.warehouse import Client

MIN_LABELLED = 50
MIN_POSITIVE = 10
GOLD = "gold labels of unseen addresses"
NO_GOLD = "no gold to evaluate on"


@dataclass
class TrainingResult:
    """What `fit` reports. Counts are of rows, except where the name says addresses; `metrics` are on unseen rows."""

    model_id: str
    model: str
    model_type: str
    label_strategy: str
    network: str
    window_days: int
    n_train: int
    n_test: int
    n_features: int
    n_positive: int
    n_labelled_addresses: int
    n_positive_addresses: int
    split: str
    split_description: str
    graded_on: str
    metrics: dict[str, dict[str, float]]
    calibration: dict[str, Any]
    seconds: dict[str, float]
    artifact: str

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


@dataclass
class ModelTraining:
    """One training run, with the arguments of the miner's guide.

    Args:
        network, start_date, end_date, window_days: which snapshots; dates may be text; a window that is not given is the
            only one the network has.
        client: from `trainer.connect()`.
        model_type: `alert_scorer`, `address_scorer`, `cluster_scorer` or `alert_ranker`.
        label_strategy: the name of one that dbt computes, or a `LabelStrategy`; SOT and custom labels by default.
        model_trainer: XGBoost by default; for `alert_ranker` it stands for the ranker of its name.
        min_labelled, min_positive: with fewer rows than this, training is refused.
        calibrate: whether scores are made to mean frequencies, where there is enough gold; see `trainer.evaluation.calibration`.
        features, exclude: shell patterns over the features' names: only those, and not these.
    """

    network: str
    start_date: date | str
    end_date: date | str
    client: Client
    model_type: str = "alert_scorer"
    window_days: int | None = None
    label_strategy: LabelStrategy | str | None = None
    model_trainer: ModelTrainer | None = None
    seed: int = 0
    folds: int = FOLDS
    embargo_days: int = EMBARGO_DAYS
    min_labelled: int = MIN_LABELLED
    min_positive: int = MIN_POSITIVE
    calibrate: bool = True
    features: Sequence[str] = ()
    exclude: Sequence[str] = ()
    artifacts: Path | None = None
    progress: Callable[[str, int, int], None] | None = field(default=None, repr=False)

    def run(self) -> TrainingResult:
        """Train, grade, save and register.

        Raises:
            NotEnoughLabelsError: there is too little to train on or to grade with; the message has the counts.
            BadInputError: there is no such snapshot or label strategy.
            UsageError: an argument names nothing known, or the trainer misbehaves.
        """
        started = time.perf_counter()
        trainer, strategy = self._trainer(), self._strategy()
        selection = self._selection()
        data = self._read(selection, strategy)
        self._require_enough(data, selection, strategy)
        seconds = {"read": time.perf_counter() - started}
        split = make_split(data.y, data.groups, data.dates, self.folds, self.embargo_days, self.seed)
        clock = time.perf_counter()
        proba = self._out_of_fold(trainer, data, split)
        gold = self._gold(strategy, data, selection)
        off = "" if self.calibrate else "it was turned off"
        if self.model_type == ALERT_RANKER:
            off = "a ranking's scores are no probabilities"
        tested = [test for _, test in split]
        calibrated = calibration.calibrate(gold, proba, data.weight, data.groups, tested, off)
        rows = split.test_rows[~np.isnan(gold[split.test_rows])]
        can_grade = np.unique(gold[rows]).size == 2
        graded = self._graded(gold, proba, calibrated.proba, data, rows) if can_grade else {}
        seconds["evaluate"] = time.perf_counter() - clock
        clock = time.perf_counter()
        fitted, medians = fit_trainer(trainer, data.frame(), data.y, data.weight, row_groups(trainer, data), self.progress)
        seconds["fit"] = time.perf_counter() - clock
        described = self._described(trainer, strategy, selection, data, split, graded) | {
            "n_test": len(rows) if can_grade else 0,
            "graded_on": GOLD if can_grade else NO_GOLD,
            "medians": None if medians is None else [float(value) for value in medians],
            "calibration": calibrated.calibrator,
        }
        folder, meta = artifact.save(self.artifacts or settings.artifacts_dir(), fitted, described)
        try:
            registry.register(self.client, folder, meta, fold_aucs(split, gold, proba))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # a model that is not registered would never be found again
            raise
        seconds["total"] = time.perf_counter() - started
        return self._result(meta, data, split, calibrated.report, seconds, folder)

    def read(self) -> tuple[Dataset, np.ndarray]:
        """Return the labelled rows and the gold label of each, float32 (n,), NaN where its address has none; see `run`."""
        strategy, selection = self._strategy(), self._selection()
        data = self._read(selection, strategy)
        self._require_enough(data, selection, strategy)
        return data, self._gold(strategy, data, selection)

    def _gold(self, strategy: LabelStrategy, data: Dataset, selection: Selection) -> np.ndarray:
        return data.y if strategy_name(strategy) == GOLD_STRATEGY else gold_labels(self.client, data, selection)

    def _trainer(self) -> ModelTrainer:
        from trainer.models import XGBoostTrainer

        trainer = XGBoostTrainer(seed=self.seed) if self.model_trainer is None else self.model_trainer
        return ranker_of(trainer) if self.model_type == ALERT_RANKER else trainer

    def _strategy(self) -> LabelStrategy:
        if self.label_strategy is None:
            return AddressLabelStrategy()
        if isinstance(self.label_strategy, str):
            return WarehouseLabelStrategy(self.label_strategy)
        return self.label_strategy

    def _selection(self) -> Selection:
        start, end = as_date(self.start_date), as_date(self.end_date)
        if start > end:
            raise UsageError(f"The start date {start} is after the end date {end}.")
        return resolve_selection(self.client, self.model_type, self.network, start, end, self.window_days)

    def _read(self, selection: Selection, strategy: LabelStrategy) -> Dataset:
        choice = FeatureChoice(tuple(self.features), tuple(self.exclude))
        if is_computed_by_dbt(strategy):
            return read_training(self.client, self.model_type, selection, strategy_name(strategy), choice)
        return read_labelled(self.client, self.model_type, selection, strategy, choice)

    def _require_enough(self, data: Dataset, selection: Selection, strategy: LabelStrategy) -> None:
        positive = data.y >= 0.5
        counts = (
            f"{len(data.y)} labelled rows ({data.address_count()} addresses), of which {int(positive.sum())} positive "
            f"({data.address_count(positive)} addresses)"
        )
        if (without := labelled_addresses(self.client, selection, strategy_name(strategy)) - data.address_count()) > 0:
            counts += f"; {without} more addresses are labelled, but there is nothing to train on for them"
        help_ = more_labels(self.client, selection, strategy_name(strategy))
        if positive.all() or not positive.any():
            raise NotEnoughLabelsError(f"Training needs both classes; there are {counts}; {help_}.")
        if len(data.y) < self.min_labelled or int(positive.sum()) < self.min_positive:
            raise NotEnoughLabelsError(
                f"Training needs at least {self.min_labelled} labelled and {self.min_positive} positive rows; "
                f"there are {counts}; {help_}, or lower --min-labelled and --min-positive."
            )

    def _graded(
        self, gold: np.ndarray, proba: np.ndarray, calibrated: np.ndarray, data: Dataset, rows: np.ndarray
    ) -> dict[str, dict[str, float]]:
        if self.model_type == ALERT_RANKER:
            return evaluate_ranking(gold[rows], proba[rows], data.groups[rows], data.dates[rows], self.seed)
        return evaluate(gold[rows], proba[rows], data.groups[rows], self.seed, calibrated[rows])

    def _out_of_fold(self, trainer: ModelTrainer, data: Dataset, split: Split) -> np.ndarray:
        """Return predictions float64 (n,), NaN where a row is in no test part."""
        frame, groups, proba = data.frame(), row_groups(trainer, data), np.full(len(data.y), np.nan)
        for number, (train, test) in enumerate(split, start=1):
            rows = (frame.iloc[train], data.y[train], data.weight[train], groups[train])
            fitted, medians = fit_trainer(trainer, *rows, self.progress)
            proba[test] = checked_predict(fitted, frame.iloc[test], medians)
            if self.progress is not None:
                self.progress("folds", number, len(split.folds))
        return proba

    def _described(
        self,
        trainer: ModelTrainer,
        strategy: LabelStrategy,
        selection: Selection,
        data: Dataset,
        split: Split,
        graded: dict[str, dict[str, float]],
    ) -> dict[str, Any]:
        created, fingerprint = datetime.now(UTC), data.fingerprint()
        name = name_of(type(trainer))
        return {
            "model_id": f"{name.rpartition(':')[2]}-{created:%Y%m%dT%H%M%S%f}-{fingerprint[:8]}",
            "model": name,
            "model_type": self.model_type,
            "features": artifact.features_meta(data.features),
            "feature_patterns": {"features": list(self.features), "exclude": list(self.exclude)},
            "label_strategy": strategy_name(strategy),
            "network": selection.network,
            "window_days": selection.window_days,
            "start_date": selection.start_date,
            "end_date": selection.end_date,
            "created_at": created,
            "seed": self.seed,
            "split": split.name,
            "n_train": len(data.y),
            "n_positive": int((data.y >= 0.5).sum()),
            "metrics": graded,
            "data_fingerprint": fingerprint,
        }

    def _result(
        self,
        meta: artifact.ModelMeta,
        data: Dataset,
        split: Split,
        calibrated: dict[str, Any],
        seconds: dict[str, float],
        folder: Path,
    ) -> TrainingResult:
        return TrainingResult(
            model_id=meta.model_id,
            model=meta.model,
            model_type=meta.model_type,
            label_strategy=meta.label_strategy,
            network=meta.network,
            window_days=meta.window_days,
            n_train=meta.n_train,
            n_test=meta.n_test,
            n_features=len(meta.features),
            n_positive=meta.n_positive,
            n_labelled_addresses=data.address_count(),
            n_positive_addresses=data.address_count(data.y >= 0.5),
            split=split.name,
            split_description=split.description,
            graded_on=meta.graded_on,
            metrics=meta.metrics,
            calibration=calibrated,
            seconds={name: round(value, 3) for name, value in seconds.items()},
            artifact=str(folder),
        )


def row_groups(trainer: ModelTrainer, data: Dataset) -> np.ndarray:
    """Return what a trainer that accepts groups is told of each row: its address, or for a ranker the list it is in."""
    if getattr(trainer, "ranks", False):
        return np.unique(data.dates, return_inverse=True)[1]
    return data.groups


def fold_aucs(split: Split, gold: np.ndarray, proba: np.ndarray) -> list[float]:
    """Return the AUC of each fold whose test rows have gold labels (n,) of both classes."""
    tested = [test[~np.isnan(gold[test])] for _, test in split]
    return [metrics(gold[rows], proba[rows])["auc"] for rows in tested if np.unique(gold[rows]).size == 2]


def is_computed_by_dbt(strategy: LabelStrategy) -> bool:
    """Return whether the training table answers for a strategy; a class derived from dbt's own has a mind of its own."""
    return type(strategy) in (WarehouseLabelStrategy, AddressLabelStrategy)


def strategy_name(strategy: LabelStrategy) -> str:
    """Return the name a strategy is recorded under: dbt's, or `module:Class` of one in Python."""
    if isinstance(strategy, WarehouseLabelStrategy) and is_computed_by_dbt(strategy):
        return strategy.name
    return f"{type(strategy).__module__}:{type(strategy).__qualname__}"

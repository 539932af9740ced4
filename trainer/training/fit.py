"""Trains a model: evaluated on rows it has not seen, then fitted to all labelled rows, saved and registered."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer import settings
from trainer.data import (
    GOLD_STRATEGY,
    MIN_LABELLED,
    MIN_POSITIVE,
    Dataset,
    FeatureChoice,
    Selection,
    as_date,
    gold_labels,
    read_labelled,
    read_training,
    resolve_selection,
)
from trainer.errors import TrainerError, UsageError
from trainer.evaluation import EMBARGO_DAYS, FOLDS, Split, make_split
from trainer.labels import AddressLabelStrategy, LabelStrategy, WarehouseLabelStrategy
from trainer.model_types import get_model_type
from trainer.models import ModelTrainer, name_of
from trainer.progress import step
from trainer.registry import artifact, features_meta, registry
from trainer.training.arguments import checked_trainer, require_client, strategy_named, trainer_named
from trainer.training.backend import IN_PROCESS, LOCAL, Backend, check_backend, open_backend
from trainer.training.by_network import balanced, evaluate_networks
from trainer.training.enough import require_enough
from trainer.training.out_of_fold import out_of_fold_table
from trainer.training.reload import require_reload, sampled_rows
from trainer.training.result import TrainingResult, result_of
from trainer.training.threshold import check_rule, threshold_of
from trainer.training.unseen import Unseen, evaluate_unseen
from trainer.warehouse import one_build

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from trainer.registry import ModelMeta
    from trainer.warehouse import Client

GOLD = "gold labels of unseen addresses"
NO_GOLD = "no gold to evaluate on"
NEEDS_TABLE = (
    "The workers of a cluster read the rows of the training table, which has the labels that dbt computes, not those of a label "
    "strategy in Python; choose one of dbt's by --label-strategy, or leave --backend dask out."
)


@dataclass
class ModelTraining:
    """One training run, with the arguments of the miner's guide.

    Args:
        network, start_date, end_date, window_days: which snapshots; dates may be text; without a window, the only one the
            network has. Of several networks (a list) one model is trained on all their rows.
        client: from `trainer.connect()`.
        model_type: a name of `trainer.model_types.MODEL_TYPES`, such as `alert_scorer`.
        label_strategy: the name of one that dbt computes, or a `LabelStrategy`, as class or object; SOT and custom labels by
            default.
        model_trainer: a registered name, or a `ModelTrainer`, as class or object; XGBoost by default. A ranker's model type
            trains the ranker registered under the same name.
        min_labelled, min_positive: with fewer rows than this, training is refused.
        left_out_networks: of several networks, whether to evaluate for each a model of the others; it costs a training each.
        balance_networks: whether the rows of each network have the same total weight, in training and calibration.
        calibrate: whether scores are calibrated, where there is enough gold; see `trainer.evaluation.calibration`.
        features, exclude: shell patterns over feature names: features to use (default: all), and features to leave out.
        accept_columns: columns brought by the user that stay although they agree with gold labels like an answer.
        alert_budget, min_precision: choose a threshold, by alerts a day or by precision, and keep it with the model; see
            `trainer.training.choose_threshold`.
        backend, scheduler: `local`, or `dask` for xgboost and lightgbm, fitted by the workers of the scheduler with this address,
            which read the features from a server; see docs/server.md.
        artifacts: the folder to save the model in; by default that of the settings.
        progress: called with (what, done, total).
    """

    network: str | Sequence[str]
    start_date: date | str
    end_date: date | str
    client: Client
    model_type: str = "alert_scorer"
    window_days: int | None = None
    label_strategy: LabelStrategy | type[LabelStrategy] | str | None = None
    model_trainer: ModelTrainer | type[ModelTrainer] | str | None = None
    seed: int = 0
    folds: int = FOLDS
    embargo_days: int = EMBARGO_DAYS
    min_labelled: int = MIN_LABELLED
    min_positive: int = MIN_POSITIVE
    left_out_networks: bool = True
    balance_networks: bool = False
    calibrate: bool = True
    features: Sequence[str] = ()
    exclude: Sequence[str] = ()
    accept_columns: Sequence[str] = ()
    alert_budget: float | None = None
    min_precision: float | None = None
    backend: str = LOCAL
    scheduler: str | None = None
    artifacts: Path | None = None
    progress: Callable[[str, int, int], None] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check what can be checked without the warehouse.

        Raises:
            UsageError: an argument is of a type, or has a name, that cannot be used.
        """
        require_client(self.client)
        get_model_type(self.model_type)
        check_backend(self.backend, self.scheduler, trainer_named(self.model_trainer, self.seed))
        strategy_named(self.label_strategy)

    def run(self) -> TrainingResult:
        """Train, evaluate, save and register.

        Raises:
            NotBuiltError: dbt has not run yet.
            NotEnoughLabelsError: there is too little to train on or to evaluate with; the message has the counts.
            BadInputError: there is no such snapshot or label strategy.
            UsageError: an argument has an unknown value, or the trainer or strategy is a user's own and fails (UserCodeError), or
                no threshold keeps to the alert budget. Whatever is raised, no model is left behind.
            ArtifactError: the saved model cannot be loaded again, or does not predict the same then.
            ClusterError: the workers of the backend `dask` cannot be reached, or fail.
        """
        with open_backend(self.backend, self.scheduler, self.client) as backend:
            return self._run(backend)

    def _run(self, backend: Backend) -> TrainingResult:
        started = time.perf_counter()
        if self._wants_threshold:
            check_rule(self.alert_budget, self.min_precision, self.model_type)
        trainer, strategy, selection = self._trainer(), self._strategy(), self._selection()
        data, gold = self._read_with_progress(selection, strategy, backend)
        seconds = {"read": time.perf_counter() - started}
        split = make_split(data.y, data.groups, data.dates, self.folds, self.embargo_days, self.seed, data.networks)
        clock = time.perf_counter()
        unseen = evaluate_unseen(trainer, data, gold, split, self.seed, self.calibrate, self.progress, backend)
        how = self.seed, self.left_out_networks, self.progress, backend
        by_network = evaluate_networks(trainer, data, gold, split, unseen, *how)
        seconds["evaluate"] = time.perf_counter() - clock
        clock = time.perf_counter()
        fitted, medians = backend.fit(trainer, data, None, self.progress, "all rows")
        seconds["fit"] = time.perf_counter() - clock
        description = self._description(trainer, strategy, selection, data, backend) | self._evaluation(split, unseen)
        description |= {"by_network": by_network, "medians": None if medians is None else [float(value) for value in medians]}
        kept = out_of_fold_table(data, gold, split, unseen)
        sample = backend.frame(data, sampled_rows(len(data.y)))
        folder, meta = self._saved(fitted, description, sample, kept, unseen.fold_aucs, seconds)
        seconds["total"] = time.perf_counter() - started
        return result_of(meta, data, split, unseen.calibrated.report, seconds, folder)

    def _saved(
        self,
        fitted: ModelTrainer,
        description: dict[str, Any],
        sample: pd.DataFrame,
        kept: pa.Table,
        fold_aucs: list[float],
        seconds: dict[str, float],
    ) -> tuple[Path, ModelMeta]:
        """Save and register a trained model, checked by loading it again, or leave nothing behind."""
        folder, meta = artifact.save(self.artifacts or settings.artifacts_dir(), fitted, description, kept)
        try:
            require_reload(folder, meta, fitted, sample)
            if self._wants_threshold:
                clock = time.perf_counter()
                meta = self._with_threshold(folder, type(fitted))
                seconds["threshold"] = time.perf_counter() - clock
            registry.register(self.client, folder, meta, fold_aucs)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # without its row in the registry a model could not be found
            raise
        return folder, meta

    @property
    def _wants_threshold(self) -> bool:
        return self.alert_budget is not None or self.min_precision is not None

    def _with_threshold(self, folder: Path, kind: type[ModelTrainer]) -> ModelMeta:
        """Keep the threshold with the saved model; return its metadata with it."""
        loaded = artifact.load(folder, kind)
        try:
            with step(self.progress, "choosing a threshold"):
                chosen = threshold_of(self.client, folder, loaded, self.alert_budget, self.min_precision)
        except TrainerError as error:
            raise type(error)(f"The trained model was not kept, because its threshold cannot be chosen: {error}") from error
        return artifact.keep_threshold(folder, chosen)

    def read(self) -> tuple[Dataset, np.ndarray]:
        """Return the labelled rows and the gold label of each, float32 (n,), NaN where it has none; see `run`."""
        strategy, selection = self._strategy(), self._selection()
        return self._read_with_progress(selection, strategy, IN_PROCESS)

    def _read_with_progress(self, selection: Selection, strategy: LabelStrategy, backend: Backend) -> tuple[Dataset, np.ndarray]:
        with step(self.progress, "reading features and labels"):
            return self._read_labelled(selection, strategy, backend)

    def _trainer(self) -> ModelTrainer:
        return checked_trainer(self.model_trainer, self.model_type, self.seed)

    def _strategy(self) -> LabelStrategy:
        return strategy_named(self.label_strategy)

    def _selection(self) -> Selection:
        start, end = as_date(self.start_date), as_date(self.end_date)
        if start > end:
            raise UsageError(f"The start date {start} is after the end date {end}.")
        return resolve_selection(self.client, self.model_type, self.network, start, end, self.window_days)

    def _read_labelled(self, selection: Selection, strategy: LabelStrategy, backend: Backend) -> tuple[Dataset, np.ndarray]:
        choice = FeatureChoice(tuple(self.features), tuple(self.exclude), tuple(self.accept_columns))
        with one_build(self.client):
            if is_computed_by_dbt(strategy):
                kind, name = self.model_type, strategy_name(strategy)
                data = read_training(self.client, kind, selection, name, choice, keys_only=backend.keys_only)
            elif backend.keys_only:
                raise UsageError(NEEDS_TABLE)
            else:
                data = read_labelled(self.client, self.model_type, selection, strategy, choice)
            enough = self.min_labelled, self.min_positive
            require_enough(self.client, data, selection, strategy_name(strategy), *enough)
            backend.take(data, selection, strategy_name(strategy))
            is_gold = strategy_name(strategy) == GOLD_STRATEGY
            gold = data.y if is_gold else gold_labels(self.client, data, selection)
        return (balanced(data) if self.balance_networks else data), gold

    def _description(
        self, trainer: ModelTrainer, strategy: LabelStrategy, selection: Selection, data: Dataset, backend: Backend
    ) -> dict[str, Any]:
        """Return what model.json says about the model and the data it was trained on."""
        created, fingerprint = datetime.now(UTC), backend.fingerprint(data)
        name = name_of(type(trainer))
        return {
            "model_id": f"{name.rpartition(':')[2]}-{created:%Y%m%dT%H%M%S%f}-{fingerprint[:8]}",
            "model": name,
            "model_type": self.model_type,
            "features": features_meta(data.features),
            "feature_patterns": {
                "features": list(self.features),
                "exclude": list(self.exclude),
                "accepted": list(self.accept_columns),
            },
            "label_strategy": strategy_name(strategy),
            "network": selection.network,
            "networks": list(selection.networks),
            "balance_networks": self.balance_networks,
            "window_days": selection.window_days,
            "start_date": selection.start_date,
            "end_date": selection.end_date,
            "created_at": created,
            "seed": self.seed,
            "n_train": len(data.y),
            "n_positive": int((data.y >= 0.5).sum()),
            "data_fingerprint": fingerprint,
        }

    @staticmethod
    def _evaluation(split: Split, unseen: Unseen) -> dict[str, Any]:
        """Return what model.json says about the evaluation on unseen rows."""
        return {
            "split": split.name,
            "n_test": unseen.n_test,
            "graded_on": GOLD if unseen.metrics else NO_GOLD,
            "metrics": unseen.metrics,
            "calibration": unseen.calibrated.calibrator,
        }


def is_computed_by_dbt(strategy: LabelStrategy) -> bool:
    """Return whether a strategy's labels are read from the training table; a subclass may derive others, so it is not."""
    return type(strategy) in (WarehouseLabelStrategy, AddressLabelStrategy)


def strategy_name(strategy: LabelStrategy) -> str:
    """Return the name a strategy is recorded under: dbt's, or `module:Class` of one in Python."""
    if isinstance(strategy, WarehouseLabelStrategy) and is_computed_by_dbt(strategy):
        return strategy.name
    return f"{type(strategy).__module__}:{type(strategy).__qualname__}"

"""Runs the grid: reads the shared rows once, trains what is not kept yet, and evaluates all candidates together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from trainer import settings
from trainer.data import FeatureChoice, as_date, resolve_selection
from trainer.errors import UsageError
from trainer.evaluation import EMBARGO_DAYS, FOLDS
from trainer.labels import LabelStrategy
from trainer.model_types import MODEL_TYPES, get_model_type
from trainer.models import ModelTrainer, check_options, name_of
from trainer.progress import step
from trainer.training.arguments import require_client, strategy_named, trainer_named
from trainer.training.compare.candidates import ALL, Candidate, candidates
from trainer.training.compare.cells import Cell, Progress, read_cell, run_cell
from trainer.training.compare.comparison import Comparison, evaluated
from trainer.training.compare.rows import SharedRows, read_rows

if TYPE_CHECKING:
    from trainer.labels import Truth
    from trainer.warehouse import Client

FOLDER = "comparisons"
ENOUGH = (50, 10)  # labelled and positive rows, as for `fit`


class CompareOptions(TypedDict, total=False):
    """Options of `compare`.

    Attributes:
        baseline: `strategy / model` or `strategy / model / features`, by default the first of each.
        one_change: leave out the combinations that differ from the baseline in more than one of the three.
        model_type: what is scored; one whose scores are probabilities.
        accept_columns: columns of the user's that stay although they agree with gold labels like an answer.
        truth: hidden truth about addresses, which is evaluated on beside gold.
        seed, folds, embargo_days: of the split, as for `fit`; the seed is also that of the models that are named.
        enough: with fewer labelled or positive rows than this, a candidate is not trained, and listed with that reason.
        out: the folder of what is kept; by default one for these rows among the artifacts.
        progress: called with (what, done, total).
    """

    baseline: str | None
    one_change: bool
    model_type: str
    accept_columns: Sequence[str]
    truth: Truth | None
    seed: int
    folds: int
    embargo_days: int
    enough: tuple[int, int]
    out: Path | None
    progress: Progress | None


def compare(
    client: Client,
    network: str | Sequence[str] | None = None,
    start_date: date | str | None = None,
    end_date: date | str | None = None,
    window_days: int | None = None,
    *,
    label_strategies: Sequence[LabelStrategy | type[LabelStrategy] | str] = ("address_labels",),
    models: Sequence[str | type[ModelTrainer] | ModelTrainer | tuple[str, ModelTrainer]] = ("xgboost", "lightgbm"),
    feature_sets: Sequence[str] = (ALL,),
    **options: Unpack[CompareOptions],
) -> Comparison:
    """Evaluate every combination of label strategy, model and feature set on the same folds and the same gold rows.

    Each candidate is trained on the rows that its strategy labels, on all folds but one, and predicts every row of that one. What
    is finished is kept, so that the same call resumes an interrupted comparison, and a wider one trains only what is new.

    Args:
        network, start_date, end_date, window_days: which snapshots; by default all that the warehouse has of one network; of
            several (a list), their rows are pooled.
        label_strategies: names of strategies that dbt computes, or objects.
        models: names or classes of trainers, untrained trainers, or pairs of a name to show and an untrained trainer.
        feature_sets: `all`, or patterns separated by commas, with `!` before those to leave out: `flow_*,!*_mean`.
        options: see `CompareOptions`.

    Raises:
        BadInputError, NotBuiltError, UsageError: as for `ModelTraining.run`.
        NotEnoughLabelsError: there is too little gold to evaluate on.
    """
    require_client(client)
    start, end = (None if day is None else as_date(day) for day in (start_date, end_date))
    named = [_named(model, options.get("seed", 0)) for model in models]
    sets = list(map(_feature_set, feature_sets))
    strategies = [one if isinstance(one, str) else strategy_named(one) for one in label_strategies]
    compared = candidates(strategies, named, sets, options.get("baseline"), one_change=options.get("one_change", False))
    rows = _rows(client, (network, start, end, window_days), compared, options)
    folder = options.get("out") or settings.artifacts_dir() / FOLDER / rows.fingerprint[:12]
    cells = _cells(compared, rows, folder, options.get("progress"))
    with step(options.get("progress"), "metrics and their intervals"):
        return evaluated(rows, cells, folder, options.get("truth"))


def _rows(client: Client, wanted: tuple[Any, ...], compared: list[Candidate], options: CompareOptions) -> SharedRows:
    """Read the rows of the snapshots wanted: network, first and last date, window."""
    model_type = options.get("model_type", "alert_scorer")
    if not get_model_type(model_type).calibrates:
        scorers = ", ".join(one.name for one in MODEL_TYPES.values() if one.calibrates)
        raise UsageError(f"Probabilities are compared, which an {model_type} does not yield; compare one of: {scorers}.")
    selection = resolve_selection(client, model_type, *wanted)
    split = (options.get("folds", FOLDS), options.get("embargo_days", EMBARGO_DAYS), options.get("seed", 0))
    accepted, enough = options.get("accept_columns", ()), options.get("enough", ENOUGH)
    with step(options.get("progress"), "reading features and labels"):
        return read_rows(client, model_type, selection, compared, accepted, *split, enough)


def _cells(compared: list[Candidate], rows: SharedRows, folder: Path, progress: Progress | None) -> list[Cell]:
    """Return the cell of each candidate, in their order, training those that are not kept."""
    cells = []
    for number, candidate in enumerate(compared):
        if progress is not None:
            progress("candidates", number, len(compared))
        cells.append(read_cell(candidate, rows, folder) or run_cell(candidate, rows, folder, progress))
    if progress is not None:
        progress("candidates", len(compared), len(compared))
    return cells


def _named(model: str | type[ModelTrainer] | ModelTrainer | tuple[str, ModelTrainer], seed: int) -> tuple[str, ModelTrainer]:
    shown, given = model if isinstance(model, tuple) else (None, model)
    trainer = trainer_named(given, seed)
    check_options(trainer)  # before any data is read
    return shown or name_of(type(trainer)), trainer


def _feature_set(text: str) -> tuple[str, FeatureChoice]:
    patterns = [pattern.strip() for pattern in text.split(",") if pattern.strip() not in ("", ALL)]
    kept = tuple(pattern for pattern in patterns if not pattern.startswith("!"))
    left_out = tuple(pattern.removeprefix("!") for pattern in patterns if pattern.startswith("!"))
    return text.strip() or ALL, FeatureChoice(kept, left_out)

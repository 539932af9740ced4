"""`latest` is the newest model that is no baseline and can be loaded; one that is graded clearly better is named."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.support.artifacts import described, edit
from tests.support.trainers import GuideTrainer
from trainer.data.dataset import Dataset
from trainer.errors import ArtifactError, UsageError
from trainer.models import ConstantTrainer, LogisticTrainer, ModelTrainer, SingleFeatureTrainer, name_of
from trainer.models.fitting import fit_trainer
from trainer.registry import OUT_OF_FOLD_SCHEMA, artifact, is_baseline, latest_model, registry

CLIENT: Any = None
ROWS = 400


class Shelf:
    """Saved models, the newest first."""

    def __init__(self, root: Path, table: Dataset) -> None:
        self.root, self.table, self.rows = root, table, list[dict[str, Any]]()

    def add(
        self, model_id: str, trainer: ModelTrainer | None = None, auc: float = 0.8, kept: pa.Table | None = None, **changes: Any
    ) -> Path:
        """Save a model, with its out-of-fold predictions if there are any, and list it before the others; return its folder."""
        table = self.table
        trained, medians = fit_trainer(trainer or LogisticTrainer(), table.frame(), table.y, table.weight)
        metrics = {"auc": {"value": auc, "low": auc - 0.02, "high": auc + 0.02}}
        filled = None if medians is None else [float(value) for value in medians]
        about = {"model_id": model_id, "metrics": metrics, "medians": filled, "n_train": ROWS} | changes
        folder, meta = artifact.save(self.root, trained, described(table, name_of(type(trained)), **about), kept)
        row = {"model_id": model_id, "model_name": meta.model, "test_auc": auc, "model_path": str(folder)}
        self.rows.insert(0, row | {name: getattr(meta, name) for name in ("model_type", "network", "window_days")})
        return folder


def out_of_fold(quality: float, tested: int = ROWS) -> pa.Table:
    """Predictions of rows of two classes, the better the higher `quality`; labels and noise are always the same."""
    rng = np.random.default_rng(0)
    gold = (rng.random(ROWS) < 0.4).astype(np.float32)
    raw = pa.array(1 / (1 + np.exp(-(quality * (gold - 0.5) + rng.normal(size=ROWS)))))
    columns = {
        "id": pa.array([f"a{i:04}" for i in range(ROWS)]),
        "address_group": pa.array(np.arange(ROWS)),
        "processing_date": pa.array([date(2025, 9, 1)] * ROWS),
        "fold": pa.array((np.arange(ROWS) < tested).astype(np.int16)),
        **dict.fromkeys(("label", "gold"), pa.array(gold)),
        **dict.fromkeys(("raw", "calibrated"), raw),
        "weight": pa.array(np.ones(ROWS, np.float32)),
    }
    return pa.table({field.name: pa.nulls(ROWS, field.type) for field in OUT_OF_FOLD_SCHEMA} | columns).cast(OUT_OF_FOLD_SCHEMA)


@pytest.fixture
def shelf(tmp_path: Path, table: Dataset, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf(tmp_path / "artifacts", table)
    monkeypatch.setattr(registry, "list_models", lambda client: shelf.rows)
    return shelf


def test_the_newest_of_a_selection_is_chosen(shelf: Shelf) -> None:
    for model_id, window_days in (("older", 90), ("newer", 90), ("short", 30)):
        shelf.add(model_id, window_days=window_days)
    assert latest_model(CLIENT, "simnet", 90).model_id == "newer"
    assert latest_model(CLIENT, "simnet", 30, "alert_scorer").model_id == "short"
    assert latest_model(CLIENT, "simnet", 90).warnings == []


def test_a_part_that_is_not_given_is_only_taken_where_there_is_no_choice(shelf: Shelf) -> None:
    shelf.add("one")
    assert latest_model(CLIENT).model_id == "one"
    shelf.add("two", network="minenet")
    with pytest.raises(UsageError, match="--network minenet --window-days 90; --network simnet --window-days 90"):
        latest_model(CLIENT)
    assert latest_model(CLIENT, "simnet").model_id == "one"


def test_a_baseline_is_passed_over_unless_its_class_is_given(shelf: Shelf) -> None:
    shelf.add("model")
    shelf.add("single", SingleFeatureTrainer())
    shelf.add("constant", ConstantTrainer())
    assert [is_baseline(row) for row in shelf.rows] == [True, True, False]
    choice = latest_model(CLIENT, "simnet", 90, "alert_scorer")
    assert choice.model_id == "model"
    assert len(choice.warnings) == 1 and "constant (a baseline), single (a baseline)" in choice.warnings[0]
    assert latest_model(CLIENT, "simnet", 90, None, SingleFeatureTrainer).model_id == "single"


def test_only_baselines_are_no_model(shelf: Shelf) -> None:
    shelf.add("constant", ConstantTrainer())
    with pytest.raises(ArtifactError, match="trainer fit"):
        latest_model(CLIENT, "simnet", 90)


def test_a_model_that_cannot_be_loaded_is_passed_over(shelf: Shelf) -> None:
    shelf.add("sound")
    altered, lost, edited = (shelf.add(name) for name in ("altered", "lost", "edited"))
    (altered / "trained.json").write_text("{}")
    shutil.rmtree(lost)
    edit(edited, model="gone")
    choice = latest_model(CLIENT, "simnet", 90)
    assert choice.model_id == "sound"
    assert len(choice.warnings) == 1 and all(name in choice.warnings[0] for name in ("altered", "lost", "edited"))


def test_a_model_of_an_own_class_needs_the_class(shelf: Shelf) -> None:
    shelf.add("sound")
    shelf.add("own", GuideTrainer())
    assert latest_model(CLIENT, "simnet", 90).model_id == "sound"
    assert latest_model(CLIENT, "simnet", 90, None, GuideTrainer).model_id == "own"
    with pytest.raises(ArtifactError, match="trained by 'constant'"):
        latest_model(CLIENT, "simnet", 90, None, ConstantTrainer)


def test_one_that_is_graded_clearly_better_on_the_same_rows_is_named(shelf: Shelf) -> None:
    shelf.add("good", auc=0.95, kept=out_of_fold(3))
    shelf.add("poor", auc=0.75, kept=out_of_fold(1))
    choice = latest_model(CLIENT, "simnet", 90)
    assert choice.model_id == "poor" and len(choice.warnings) == 1
    assert "--model-id good" in choice.warnings[0]


def test_on_the_same_rows_intervals_that_do_not_overlap_are_not_enough(shelf: Shelf) -> None:
    shelf.add("as-good", auc=0.9, kept=out_of_fold(1))
    shelf.add("newest", auc=0.8, kept=out_of_fold(1))
    assert latest_model(CLIENT, "simnet", 90).warnings == []


@pytest.mark.parametrize(("auc", "is_named"), [(0.90, True), (0.83, False)])
def test_on_other_rows_intervals_must_not_overlap(shelf: Shelf, auc: float, is_named: bool) -> None:
    shelf.add("rival", auc=auc, kept=out_of_fold(3, tested=200))
    shelf.add("newest", auc=0.8, kept=out_of_fold(1))
    assert bool(latest_model(CLIENT, "simnet", 90).warnings) is is_named


def test_a_rival_whose_files_are_lost_is_not_named(shelf: Shelf) -> None:
    shelf.add("second", auc=0.95)
    lost = shelf.add("lost", auc=0.99)
    shelf.add("newest", auc=0.8)
    shutil.rmtree(lost)
    (warning,) = latest_model(CLIENT, "simnet", 90).warnings
    assert "--model-id second" in warning and "lost" not in warning


def test_no_model_says_for_what_there_are_some(shelf: Shelf) -> None:
    with pytest.raises(ArtifactError, match="trainer fit"):
        latest_model(CLIENT)
    shelf.add("one")
    with pytest.raises(ArtifactError, match="--network simnet --window-days 90 --model-type alert_scorer"):
        latest_model(CLIENT, "other")

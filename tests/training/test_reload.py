"""A model is kept only if it predicts the same after it was saved and loaded again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.artifacts import described
from tests.support.trainers import GuideTrainer
from trainer.data.dataset import Dataset
from trainer.errors import ArtifactError
from trainer.models import LogisticTrainer, ModelTrainer, XGBoostTrainer, name_of
from trainer.models.fitting import fit_trainer
from trainer.registry import artifact
from trainer.training.reload import require_reload


class Forgetful(GuideTrainer):
    """Loads weights that differ from the trained ones by `shift`."""

    shift = 1e-6

    def load(self, path: str) -> None:
        super().load(path)
        self.weights = [weight + self.shift for weight in self.weights or []]


class AlmostExact(Forgetful):
    shift = 1e-14


class Unloadable(GuideTrainer):
    def load(self, path: str) -> None:
        raise NotImplementedError("needs the architecture")


def reloaded(trainer: ModelTrainer, table: Dataset, root: Path) -> None:
    fitted, medians = fit_trainer(trainer, table.frame(), table.y, table.weight)
    filled = None if medians is None else [float(value) for value in medians]
    folder, meta = artifact.save(root, fitted, described(table, name_of(type(fitted)), medians=filled))
    require_reload(folder, meta, fitted, table.frame())


@pytest.mark.parametrize("trainer", [LogisticTrainer(), XGBoostTrainer({"n_estimators": 3}), GuideTrainer(), AlmostExact()])
def test_what_predicts_the_same_is_accepted(trainer: ModelTrainer, table: Dataset, tmp_path: Path) -> None:
    reloaded(trainer, table, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["m-1"]


def test_what_predicts_something_else_is_refused(table: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="Forgetful.save and Forgetful.load"):
        reloaded(Forgetful(), table, tmp_path)


def test_what_cannot_be_loaded_is_refused_as_a_model_not_as_usage(table: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="needs the architecture") as refused:
        reloaded(Unloadable(), table, tmp_path)
    assert refused.value.exit_code == 6

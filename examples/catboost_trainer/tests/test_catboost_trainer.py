"""The contract that every trainer must pass."""

from __future__ import annotations

from catboost_trainer import CatBoostTrainer

from trainer.models import trainer_class
from trainer.testing import TrainerContract


class TestCatBoost(TrainerContract):
    def make(self, seed: int = 0) -> CatBoostTrainer:
        return CatBoostTrainer(iterations=60, seed=seed)


def test_it_is_found_by_its_name() -> None:
    assert trainer_class("catboost") is CatBoostTrainer

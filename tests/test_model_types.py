"""A model type is one object: it names tables that exist and metrics that are computed, and nothing else lists the names."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import trainer
from trainer.errors import UsageError
from trainer.evaluation import evaluate, evaluate_ranking
from trainer.model_types import MODEL_TYPES, ModelType, get_model_type
from trainer.warehouse import TABLES

SOURCE = Path(trainer.__file__).parent
PROJECT = SOURCE.parent / "dbt_project" / "models"


@pytest.mark.parametrize("kind", MODEL_TYPES.values(), ids=MODEL_TYPES)
def test_its_tables_exist(kind: ModelType) -> None:
    built = {path.stem for path in PROJECT.rglob("*.sql")}
    assert {kind.training_table, kind.scoring_table, kind.gold_table} <= built
    written = TABLES[kind.written_table]
    assert kind.id_column in written.key_columns
    assert ("rank" if kind.is_ranker else "score") in written.types


@pytest.mark.parametrize("kind", MODEL_TYPES.values(), ids=MODEL_TYPES)
def test_its_metrics_are_computed(kind: ModelType) -> None:
    y, groups = np.arange(40) % 2, np.arange(40)
    score = np.linspace(0, 1, 40)
    values = evaluate_ranking(y, score, groups, np.zeros(40)) if kind.is_ranker else evaluate(y, score, groups)
    assert set(kind.metrics) == set(values)


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UsageError, match="'oracle'; there are: alert_scorer, address_scorer, cluster_scorer, alert_ranker"):
        get_model_type("oracle")


def test_no_other_module_lists_or_compares_names() -> None:
    for path in SOURCE.rglob("*.py"):
        if path.name == "model_types.py":
            continue
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        named = {node.value for node in nodes if isinstance(node, ast.Constant)} & set(MODEL_TYPES)
        assert named <= {"alert_scorer"}, f"{path} names model types; the default is the only one to name"
        compared = [part for node in nodes if isinstance(node, ast.Compare) for part in ast.walk(node)]
        assert not {part.value for part in compared if isinstance(part, ast.Constant)} & set(MODEL_TYPES), path

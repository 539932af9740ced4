"""A matrix in a file has the values that it has in memory, and a model trained on it is the same to the bit."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trainer.errors import UsageError
from trainer.models import ModelTrainer, build, fit_trainer, frame_at, new_matrix, rows_at, trainer_class, training_rows
from trainer.models.boosting import xgboost_matrix
from trainer.models.in_file import is_in_file

ONE_KB = str(2.0**-20)  # GiB
SMALL: list[tuple[str, dict[str, Any]]] = [
    ("xgboost", {"n_estimators": 5}),
    ("xgboost", {"early_stopping_rounds": 3}),
    ("lightgbm", {"n_estimators": 5}),
    ("neural_net", {"epochs": 2, "width": 64}),
    ("logistic", {}),
]


@pytest.fixture
def in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_MATRIX_GIB", ONE_KB)


def filled(n: int = 600, d: int = 8) -> np.ndarray:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(n, d)).astype(np.float32)
    values[rng.random((n, d)) < 0.1] = np.nan
    X = new_matrix(n, d)
    X[:] = values
    return X


def test_only_matrices_above_the_limit_are_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_in_file(new_matrix(1000, 1000))
    monkeypatch.setenv("TRAINER_MATRIX_GIB", ONE_KB)
    assert not is_in_file(new_matrix(32, 8)) and not is_in_file(new_matrix(0, 8))
    X = new_matrix(33, 8)
    assert is_in_file(X) and X.flags.f_contiguous and X.dtype == np.float32
    assert is_in_file(pd.DataFrame(X, copy=False).to_numpy()) and is_in_file(X[3:])
    monkeypatch.setenv("TRAINER_MATRIX_GIB", "much")
    with pytest.raises(UsageError, match="TRAINER_MATRIX_GIB is 'much'"):
        new_matrix(1, 1)


@pytest.mark.parametrize(
    "rows", [np.arange(599, -1, -2), np.arange(600) % 3 == 0, np.array([5, 5, 0])], ids=["numbers", "mask", "few"]
)
def test_rows_are_the_same(in_files: None, rows: np.ndarray) -> None:
    X = filled()
    plain = np.array(X)
    assert is_in_file(X) and not is_in_file(plain)
    found = rows_at(X, rows)
    np.testing.assert_array_equal(found, plain[rows])
    assert is_in_file(found) == (found.nbytes > 1024)
    frame = pd.DataFrame(X, columns=list("abcdefgh"), copy=False)
    expected = pd.DataFrame(plain, columns=list("abcdefgh")).iloc[rows].reset_index(drop=True)
    pd.testing.assert_frame_equal(frame_at(frame, rows).reset_index(drop=True), expected)


def test_dropped_rows_leave_the_others_in_a_file(in_files: None) -> None:
    X, y = filled(), np.arange(600, dtype=np.float32) % 2
    rows = training_rows(pd.DataFrame(X, copy=False), y, np.arange(600) % 5)
    assert is_in_file(rows.X) and is_in_file(rows.at(np.arange(0, 480, 2)).X) and len(rows) == 480


@pytest.mark.parametrize(("name", "options"), SMALL)
def test_models_are_the_same_to_the_bit(
    name: str, options: dict[str, Any], in_files: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xgboost_matrix, "BLOCK_BYTES", 4096)  # 128 rows
    X = filled()
    y = (np.nan_to_num(X[:, 0]) + np.nan_to_num(X[:, 1]) > 0).astype(np.float32)
    weight, groups = np.array([0, 1, 0.5, 1])[np.arange(600) % 4].astype(np.float32), np.arange(600) // 2
    saved = []
    for matrix in (X, np.asfortranarray(np.array(X))):
        template: ModelTrainer = build(trainer_class(name), options, 0)
        fitted, _ = fit_trainer(template, pd.DataFrame(matrix, copy=False), y, weight, groups)
        fitted.save(str(tmp_path / "model"))
        saved.append((tmp_path / "model").read_bytes())
    assert is_in_file(X) and saved[0] == saved[1]


def test_xgboost_keeps_its_bins_of_a_matrix_in_a_file_in_one(
    in_files: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = training_rows(pd.DataFrame(filled(), copy=False), np.arange(600) % 2)
    matrix = xgboost_matrix.binned({}, rows)
    assert matrix.num_row() == 600 and len(list(tmp_path.rglob("bins*"))) == 1
    del matrix
    assert list(tmp_path.iterdir()) == []

"""The predictions a model was evaluated with are kept whole or not at all, come back as they were, and an altered file is refused."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.artifacts import described, edit
from trainer.data.dataset import Dataset
from trainer.errors import ArtifactError
from trainer.models.boosting.xgboost import XGBoostTrainer
from trainer.models.fitting import fit_trainer
from trainer.registry import ChosenThreshold, IntervalMeta, artifact, read_meta, read_out_of_fold
from trainer.registry.out_of_fold import OUT_OF_FOLD_FILE, SCHEMA, write_out_of_fold

ROWS = 3


def kept(**changes: Any) -> pa.Table:
    columns: dict[str, Any] = {
        "id": ["a", "b", "c"],
        "address": ["x", None, "y"],
        "address_group": [0, 1, 2],
        "processing_date": [date(2025, 8, 1)] * ROWS,
        "fold": [0, 1, 2],
        "label": [1.0, 0.0, 0.5],
        "gold": [1.0, None, 0.0],
        "weight": [1.0, 0.5, 0.5],
        "label_source": ["desk", None, "rule"],
        "raw": [None, 0.25, 0.75],
        "calibrated": [None, 0.2, 0.8],
        "typology": ["layering", None, None],
        "severity": [3.0, None, 1.0],
        "cluster_size": [None, 2.0, 5.0],
        "network": ["base", "base", "ethereum"],
    }
    return pa.table(columns | changes, schema=SCHEMA)


@pytest.fixture
def saved(tmp_path: Path, table: Dataset) -> Path:
    trained, _ = fit_trainer(XGBoostTrainer({"n_estimators": 2}), table.frame(), table.y, table.weight)
    return artifact.save(tmp_path / "models", trained, described(table, n_train=ROWS), kept())[0]


def replaced(folder: Path, content: pa.Table | bytes) -> None:
    """Replace the file together with its checksum, as a deliberate manipulation would."""
    path = folder / OUT_OF_FOLD_FILE
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        pq.write_table(content, path)
    edit(folder, out_of_fold_sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def test_rows_come_back_as_they_were(saved: Path) -> None:
    found = read_out_of_fold(saved, artifact.load(saved).meta)
    assert found is not None and found.equals(kept())
    assert (saved / OUT_OF_FOLD_FILE).stat().st_mode & 0o777 == 0o600


def test_a_model_saved_before_has_none(tmp_path: Path) -> None:
    folder = Path(__file__).parent / "saved_before" / "xgboost"
    meta = artifact.load(folder).meta
    assert read_out_of_fold(folder, meta) is None and meta.chosen is None


def test_a_missing_or_altered_file_is_refused(saved: Path) -> None:
    meta, path = read_meta(saved), saved / OUT_OF_FOLD_FILE
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ArtifactError, match="not the file that was saved"):
        read_out_of_fold(saved, meta)
    path.unlink()
    with pytest.raises(ArtifactError, match=OUT_OF_FOLD_FILE):
        read_out_of_fold(saved, meta)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x80\x04K\x01.", "cannot be read"),
        (kept().slice(1), "it has 2 rows"),
        (kept().drop_columns(["raw"]), "other columns"),
        (kept().set_column(9, "raw", pa.array(["a", "b", "c"])), "other columns"),
        (kept(calibrated=[None, 0.2, 1.5]), "calibrated is no probability"),
        (kept(raw=[None, float("nan"), 0.5]), "raw is no probability"),
        (kept(fold=[-1, 0, 1]), "a fold is below 0"),
    ],
    ids=["pickle", "rows", "column", "type", "probability", "nan", "fold"],
)
def test_a_crafted_file_is_refused(saved: Path, content: pa.Table | bytes, reason: str) -> None:
    replaced(saved, content)
    with pytest.raises(ArtifactError, match=reason):
        read_out_of_fold(saved, read_meta(saved))


def test_a_file_that_unpacks_to_far_more_is_refused(saved: Path) -> None:
    replaced(saved, kept(label_source=["x" * 20_000_000, None, None]))
    with pytest.raises(ArtifactError, match="unpacks to more"):
        read_out_of_fold(saved, read_meta(saved))


def test_nothing_is_saved_if_the_rows_cannot_be_written(tmp_path: Path, table: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(table: pa.Table, path: Path) -> None:
        write_out_of_fold(table, path)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(artifact, "write_out_of_fold", fail)
    trained, _ = fit_trainer(XGBoostTrainer({"n_estimators": 2}), table.frame(), table.y, table.weight)
    with pytest.raises(OSError, match="No space"):
        artifact.save(tmp_path / "models", trained, described(table, n_train=ROWS), kept())
    assert list((tmp_path / "models").iterdir()) == []


def test_a_threshold_is_kept_in_place_of_the_one_before_and_changes_nothing_else(saved: Path) -> None:
    before = artifact.load(saved).meta
    rates = IntervalMeta(value=0.5, low=0.4, high=0.6)
    for threshold in (0.3, 0.7):
        chosen = ChosenThreshold(threshold=threshold, rule="a rule", precision=rates, recall=None, alerts_per_day=3.5)
        artifact.keep_threshold(saved, chosen)
        meta = artifact.load(saved).meta
        assert meta.chosen == chosen and meta.model_copy(update={"chosen": None}) == before
    assert sorted(file.name for file in saved.iterdir()) == ["model.json", "model.ubj", OUT_OF_FOLD_FILE]
    assert (saved / "model.json").stat().st_mode & 0o777 == 0o600


def test_a_threshold_that_an_earlier_version_chose_is_read() -> None:
    before = {"threshold": 0.4, "rule": "a rule", "precision": None, "recall": None, "alerts_per_day": 2.0}
    chosen = ChosenThreshold.model_validate(before)
    assert chosen.labelled_per_day is None and chosen.note is None


def test_a_file_of_an_earlier_version_has_no_networks(saved: Path) -> None:
    replaced(saved, kept().drop_columns(["network"]))
    table = read_out_of_fold(saved, read_meta(saved))
    assert table is not None and table.schema.names == SCHEMA.names
    assert table["network"].to_pylist() == [None] * ROWS
    assert table["id"].to_pylist() == ["a", "b", "c"]

"""A model is saved whole or not at all, comes back to the last bit, and an altered one is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.artifacts import described, edit
from tests.support.trainers import GuideTrainer
from trainer.data.dataset import Dataset
from trainer.errors import ArtifactError, UsageError, UserCodeError
from trainer.models import name_of
from trainer.models.boosting.xgboost import XGBoostTrainer
from trainer.models.fitting import checked_predict, fill_missing, fit_trainer, medians_of
from trainer.registry import artifact
from trainer.registry.meta import MAX_META_BYTES, features_meta


class UpsideDown(XGBoostTrainer):
    """A trainer that is XGBoost in all but one respect."""

    def predict(self, X: Any) -> np.ndarray:
        return 1 - super().predict(X)


@pytest.fixture
def fitted(table: Dataset) -> XGBoostTrainer:
    trainer = XGBoostTrainer({"n_estimators": 5, "max_depth": 3}, seed=4)
    fit_trainer(trainer, table.frame(), table.y, table.weight)
    trained, _ = fit_trainer(trainer, table.frame(), table.y, table.weight)
    assert isinstance(trained, XGBoostTrainer)
    return trained


@pytest.fixture
def saved(tmp_path: Path, table: Dataset, fitted: XGBoostTrainer) -> Path:
    folder, _ = artifact.save(tmp_path / "models", fitted, described(table))
    return folder


def test_scores_come_back_to_the_last_bit(saved: Path, fitted: XGBoostTrainer, table: Dataset) -> None:
    loaded = artifact.load(saved)
    assert loaded.features == table.features
    assert loaded.meta.options == {"hyperparameters": {"n_estimators": 5, "max_depth": 3}, "seed": 4, "preset": "default"}
    expected = np.asarray(fitted.predict(table.frame()), dtype=np.float64)
    assert loaded.predict(table.frame()).tobytes() == expected.tobytes()


def test_a_new_process_scores_to_the_last_bit(saved: Path, fitted: XGBoostTrainer, table: Dataset, tmp_path: Path) -> None:
    table.frame().to_parquet(tmp_path / "frame.parquet")
    program = (
        "import sys, pandas as pd; from pathlib import Path; from trainer.registry import artifact;"
        "sys.stdout.buffer.write(artifact.load(Path(sys.argv[1])).predict(pd.read_parquet(sys.argv[2])).tobytes())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(saved), str(tmp_path / "frame.parquet")], capture_output=True, check=True
    )
    assert done.stdout == np.asarray(fitted.predict(table.frame()), dtype=np.float64).tobytes()


def test_nothing_in_the_folder_is_a_pickle(saved: Path) -> None:
    assert sorted(file.name for file in saved.iterdir()) == ["model.json", "model.ubj"]
    assert not (saved / "model.ubj").read_bytes().startswith(b"\x80")


def test_a_matrix_with_other_columns_is_refused(saved: Path, table: Dataset) -> None:
    with pytest.raises(ArtifactError, match="columns"):
        artifact.load(saved).predict(table.frame()[["f1", "f0", "f2", "f3"]])


@pytest.mark.parametrize("name", ["model.ubj", "model.json"])
def test_a_missing_file_is_named(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        artifact.load(saved)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="nowhere"):
        artifact.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["model.ubj", "model.json"])
def test_one_changed_byte_is_noticed(saved: Path, name: str) -> None:
    raw = bytearray((saved / name).read_bytes())
    for position in (len(raw) // 3, len(raw) // 2, len(raw) - 30):
        changed = bytearray(raw)
        changed[position] = changed[position] ^ 1
        (saved / name).write_bytes(changed)
        with pytest.raises(ArtifactError, match=name):
            artifact.load(saved)


def test_an_edited_metric_is_noticed(saved: Path) -> None:
    text = (saved / "model.json").read_text()
    assert '"value": 0.5' in text
    (saved / "model.json").write_text(text.replace('"value": 0.5', '"value": 0.9'))
    with pytest.raises(ArtifactError, match="changed after it was saved"):
        artifact.load(saved)


def test_a_newer_format_says_upgrade(saved: Path) -> None:
    edit(saved, format=2, something_new=True)
    with pytest.raises(ArtifactError, match="format 2.*upgrade"):
        artifact.load(saved)


@pytest.mark.parametrize(
    "file", ["../secret.ubj", "/etc/passwd", "a/b.ubj", "..", ".", "", "model.ubj\n", "mo\x00del.ubj", "%2e%2e.ubj"]
)
def test_a_file_outside_the_folder_is_never_opened(saved: Path, file: str) -> None:
    (saved.parent / "secret.ubj").write_bytes((saved / "model.ubj").read_bytes())
    edit(saved, file=file)
    with pytest.raises(ArtifactError, match=r"model\.json is not valid: file"):
        artifact.load(saved)


def test_a_link_out_of_the_folder_is_refused(saved: Path) -> None:
    elsewhere = saved.parent / "elsewhere.ubj"
    (saved / "model.ubj").rename(elsewhere)
    (saved / "model.ubj").symlink_to(elsewhere)
    with pytest.raises(ArtifactError, match=r"model\.ubj"):
        artifact.load(saved)


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", '"x"', "{}", '{"content": 5}', '{"content": []}', '{"content": {}}', '{"content": {"format": "x"}}',
     '{"content": {"format": 1}, "sha256": 5}', '{"content": {"format": ' + "9" * 5000 + "}}", "\x00", '{"content": {"format": 1, "a": "\\ud800"}}'],
)  # fmt: skip
def test_an_invalid_model_json_is_refused(saved: Path, text: str) -> None:
    (saved / "model.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"model\.json"):
        artifact.load(saved)


@pytest.mark.parametrize("depth", [200, 900, 990, 1000, 5000, 100_000])
def test_deep_nesting_is_refused(saved: Path, depth: int) -> None:
    (saved / "model.json").write_text('{"content": {"format": 1, "a": ' + "[" * depth + "]" * depth + "}}")
    with pytest.raises(ArtifactError, match=r"model\.json"):
        artifact.load(saved)


def test_a_huge_model_json_is_refused_unread(saved: Path) -> None:
    with (saved / "model.json").open("wb") as stream:
        stream.truncate(MAX_META_BYTES + 1)
    with pytest.raises(ArtifactError, match="larger than any"):
        artifact.load(saved)


def test_a_model_json_that_is_not_a_regular_file_is_refused_unread(saved: Path) -> None:
    (saved / "model.json").unlink()
    os.mkfifo(saved / "model.json")
    with pytest.raises(ArtifactError, match="cannot be read"):
        artifact.load(saved)


@pytest.mark.parametrize(
    ("medians", "reason"),
    [
        ([0.0] * 3, "a median"),
        ([float("inf")], "a median"),
        (None, "two features have the same name"),
        ("all", "not what the trainer"),
    ],
)
def test_what_does_not_belong_together_is_refused(saved: Path, table: Dataset, medians: Any, reason: str) -> None:
    names = [feature.model_dump() for feature in features_meta(table.features)]
    if medians is None:
        edit(saved, features=[*names[:-1], names[0]])
    else:
        edit(saved, medians=[0.0] * len(names) if medians == "all" else medians)
    with pytest.raises(ArtifactError, match=reason):
        artifact.load(saved)


def test_predictions_that_are_not_probabilities_are_an_artifact_error(
    saved: Path, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = artifact.load(saved)
    monkeypatch.setattr(XGBoostTrainer, "predict", lambda self, X: np.full(len(X), np.nan))
    with pytest.raises(ArtifactError, match="not probabilities"):
        loaded.predict(table.frame())


def test_an_unknown_trainer_says_so(saved: Path) -> None:
    edit(saved, model="crystal_ball")
    with pytest.raises(ArtifactError, match="'crystal_ball', which is no installed plug-in"):
        artifact.load(saved)


def test_options_the_trainer_does_not_take_are_named(saved: Path) -> None:
    edit(saved, options={"magic": 1})
    with pytest.raises(ArtifactError, match="magic"):
        artifact.load(saved)


def test_a_users_trainer_that_cannot_load_is_named(saved: Path) -> None:
    class NoLoad(GuideTrainer):
        def load(self, path: str) -> None:
            raise NotImplementedError("Load requires model architecture info")

    edit(saved, model=name_of(NoLoad), options={})
    with pytest.raises(UserCodeError, match="NoLoad.load raised NotImplementedError on .*model.ubj: Load requires") as raised:
        artifact.load(saved, NoLoad)
    assert isinstance(raised.value.__cause__, NotImplementedError)


def test_a_users_constructor_that_raises_is_named(saved: Path) -> None:
    class NoStart(GuideTrainer):
        def __init__(self) -> None:
            raise RuntimeError("no licence")

    edit(saved, model=name_of(NoStart), options={})
    with pytest.raises(UserCodeError, match="NoStart.__init__ raised RuntimeError on the options in .*: no licence"):
        artifact.load(saved, NoStart)
    edit(saved, options={"magic": 1})
    with pytest.raises(ArtifactError, match="does not take the options.*magic"):
        artifact.load(saved, NoStart)


def test_a_users_save_that_raises_is_named_and_leaves_nothing(tmp_path: Path, table: Dataset) -> None:
    class NoSave(GuideTrainer):
        def save(self, path: str) -> None:
            raise ValueError("disk of my own is full")

    with pytest.raises(UserCodeError, match="NoSave.save raised ValueError on trained.json: disk of my own is full"):
        artifact.save(tmp_path / "models", NoSave(), described(table, "NoSave"))
    assert list((tmp_path / "models").iterdir()) == []


def test_a_users_predict_that_raises_is_named(tmp_path: Path, table: Dataset) -> None:
    class NoPredict(GuideTrainer):
        def predict(self, X: pd.DataFrame) -> np.ndarray:
            raise KeyError("column_7")

    trained, medians = fit_trainer(NoPredict(), table.frame(), table.y, table.weight)
    assert medians is not None
    kept = described(table, name_of(NoPredict), medians=[float(value) for value in medians])
    folder, _ = artifact.save(tmp_path, trained, kept)
    with pytest.raises(UserCodeError, match=r"NoPredict.predict raised KeyError on 200 rows: 'column_7'"):
        artifact.load(folder, NoPredict).predict(table.frame())


def test_a_model_of_an_unknown_type_says_so(saved: Path) -> None:
    edit(saved, model_type="oracle")
    with pytest.raises(ArtifactError, match="no model type 'oracle'"):
        artifact.load(saved)


def test_another_class_than_the_models_is_refused(saved: Path) -> None:
    with pytest.raises(ArtifactError, match="trained by 'xgboost', not by"):
        artifact.load(saved, GuideTrainer)


def test_a_derived_trainer_is_not_loaded_as_its_parent(tmp_path: Path, table: Dataset) -> None:
    trained, _ = fit_trainer(UpsideDown({"n_estimators": 3}), table.frame(), table.y, table.weight)
    folder, meta = artifact.save(tmp_path, trained, described(table, name_of(UpsideDown)))
    assert meta.model.endswith(":UpsideDown")
    with pytest.raises(ArtifactError, match="no installed plug-in"):
        artifact.load(folder)
    expected = np.asarray(trained.predict(table.frame()), dtype=np.float64)
    assert artifact.load(folder, UpsideDown).predict(table.frame()).tobytes() == expected.tobytes()


def test_a_guide_style_trainer_is_saved_by_its_own_save(tmp_path: Path, table: Dataset) -> None:
    trained, medians = fit_trainer(GuideTrainer(rate=0.25), table.frame(), table.y, table.weight)
    assert medians is not None
    kept = described(table, name_of(GuideTrainer), medians=[float(value) for value in medians])
    folder, meta = artifact.save(tmp_path, trained, kept)
    assert json.loads((folder / "model.json").read_text())["content"]["options"] == {"rate": 0.25, "hidden_layers": [8, 4]}
    assert json.loads((folder / meta.file).read_text())["own_save"] is True
    loaded = artifact.load(folder, GuideTrainer)
    assert loaded.trainer.options() == trained.options(), "built again with the options it was trained with, not the defaults"
    expected = checked_predict(trained, table.frame(), medians)
    assert loaded.predict(table.frame()).tobytes() == expected.tobytes()


@pytest.mark.parametrize("options", [{"rate": object()}, {"rate": float("nan")}, {"rate": {1, 2}}])
def test_options_that_json_cannot_hold_are_a_usage_error_and_leave_nothing(
    tmp_path: Path, table: Dataset, options: dict[str, Any]
) -> None:
    trained, _ = fit_trainer(GuideTrainer(), table.frame(), table.y, table.weight)
    trained.rate = options["rate"]  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="GuideTrainer cannot be saved"):
        artifact.save(tmp_path / "models", trained, described(table, "GuideTrainer"))
    assert list((tmp_path / "models").iterdir()) == []


def test_a_save_that_writes_nothing_is_a_usage_error_and_leaves_nothing(tmp_path: Path, table: Dataset) -> None:
    class Forgetful(GuideTrainer):
        def save(self, path: str) -> None:
            pass

    with pytest.raises(UsageError, match="Forgetful.save did not write"):
        artifact.save(tmp_path / "models", Forgetful(), described(table, "Forgetful"))
    assert list((tmp_path / "models").iterdir()) == []


def test_a_save_that_is_killed_leaves_no_half_model(tmp_path: Path) -> None:
    program = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from tests.support.artifacts import described, edit
from tests.support.trainers import GuideTrainer
from trainer.registry import artifact
from trainer.registry.meta import MAX_META_BYTES, features_meta
class Slow(GuideTrainer):
    def save(self, path):
        super().save(path)
        os.kill(os.getpid(), signal.SIGKILL)
artifact.save(Path(sys.argv[1]), Slow(), {{"model_id": "m-1"}})
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "models")], env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [folder.name for folder in (tmp_path / "models").iterdir() if not folder.name.startswith(".")] == []
    with pytest.raises(ArtifactError):
        artifact.load(tmp_path / "models" / "m-1")


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        (np.zeros(3), "returned 3 values for 200 rows"),
        (np.full(200, 1.5), "not probabilities"),
        (np.full(200, np.nan), "not probabilities"),
        (np.full(200, -0.1), "not probabilities"),
    ],
)
def test_predictions_that_are_not_probabilities_are_a_usage_error(table: Dataset, returned: np.ndarray, reason: str) -> None:
    class Wrong(GuideTrainer):
        def predict(self, X: pd.DataFrame) -> np.ndarray:
            return returned

    with pytest.raises(UsageError, match=f"Wrong.predict {reason}|Wrong.predict returned values that are {reason}"):
        checked_predict(Wrong(), table.frame(), np.zeros(4))


def test_medians_are_of_the_training_rows_and_empty_columns_become_zero() -> None:
    frame = pd.DataFrame({"a": [1.0, 3.0, np.nan], "b": [np.nan] * 3}, dtype=np.float32)
    medians = medians_of(frame)
    assert medians.tolist() == [2.0, 0.0]
    assert fill_missing(frame, medians)["a"].tolist() == [1.0, 3.0, 2.0]

"""A saved model: a folder with the trainer's native file and `model.json`. Loading reads data and runs no stored code."""

from __future__ import annotations

import hashlib
import inspect
import json
import platform
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.data import Feature
from trainer.errors import ArtifactError, UsageError, UserCodeError, reason, user_code
from trainer.model_types import get_model_type
from trainer.models import ENTRY_POINT_GROUP, RANKERS, ModelTrainer, checked_predict, name_of, names, trainer_class
from trainer.registry.meta import FORMAT, META_FILE, ChosenThreshold, ModelMeta, document_of, read_meta
from trainer.registry.out_of_fold import OUT_OF_FOLD_FILE, write_out_of_fold
from trainer.shown import Shown
from trainer.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

LIBRARIES = ("numpy", "pandas", "scikit-learn", "xgboost", "lightgbm", "torch", "tabm", "safetensors")


@dataclass(repr=False)
class Artifact(Shown):
    """A model ready to score."""

    meta: ModelMeta
    trainer: ModelTrainer

    @property
    def features(self) -> list[Feature]:
        """What each column of the matrix is, in order."""
        return [Feature(**feature.model_dump()) for feature in self.meta.features]

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows."""
        meta = self.meta
        return {
            "model_id": meta.model_id,
            "model_type": meta.model_type,
            "n_features": len(meta.features),
            "trainer": self.trainer,
        }

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Return P(risky) float64 (n,) for a frame with exactly the model's features, in order; calibrated if the model is.

        Raises:
            ArtifactError: the frame has other columns, or the predictions are not probabilities.
            UserCodeError: the trainer is a user's own and its `predict` raises an exception.
        """
        if list(frame.columns) != [feature.name for feature in self.meta.features]:
            raise ArtifactError(f"The matrix does not have the columns of model {self.meta.model_id} in their order.")
        medians = None if self.meta.medians is None else np.array(self.meta.medians, dtype=np.float32)
        try:
            proba = checked_predict(self.trainer, frame, medians)
        except UserCodeError:
            raise
        except UsageError as error:
            raise ArtifactError(f"Model {self.meta.model_id} cannot be used: {error}") from error
        return proba if self.meta.calibration is None else self.meta.calibration.apply(proba)


def save(
    root: Path, trainer: ModelTrainer, described: dict[str, Any], out_of_fold: pa.Table | None = None
) -> tuple[Path, ModelMeta]:
    """Write a model folder under `root`, named by its id, whole or not at all; return it and its metadata.

    Args:
        described: the fields of `ModelMeta` but format, file, file_sha256, options, versions, git_commit and out_of_fold_sha256.
        out_of_fold: rows of `trainer.registry.out_of_fold.SCHEMA`, to be kept with the model.

    Raises:
        UserCodeError: the trainer is a user's own and its `save` or `options` raises an exception.
        UsageError: the trainer's arguments cannot be written as JSON, or its `save` wrote nothing.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)  # a model tells about the data it was trained on
    folder = root / described["model_id"]
    scratch = root / f".saving-{uuid.uuid4().hex}"
    scratch.mkdir(mode=0o700)
    try:
        file = scratch / (f"model{trainer.suffix}" if trainer.suffix != ".json" else "trained.json")  # model.json is ours
        options = _save_trainer(trainer, file)
        if out_of_fold is not None:
            write_out_of_fold(out_of_fold, scratch / OUT_OF_FOLD_FILE)
        meta = ModelMeta(
            format=FORMAT,
            file=file.name,
            file_sha256=_sha256(file),
            options=json.loads(json.dumps(options, allow_nan=False)),
            versions=_versions(),
            git_commit=_git_commit(),
            out_of_fold_sha256=None if out_of_fold is None else _sha256(scratch / OUT_OF_FOLD_FILE),
            **described,
        )
        _write_private(scratch, document_of(meta))
        scratch.replace(folder)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{type(trainer).__name__} cannot be saved: {error}.") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder, meta


def _versions() -> dict[str, str]:
    libraries = {name: version(name) for name in LIBRARIES}
    return {"trainer": __version__, **libraries, "python": platform.python_version()}


def _save_trainer(trainer: ModelTrainer, file: Path) -> dict[str, Any]:
    """Let a trainer write its file; return its arguments."""
    with user_code(trainer, "save", str(file.name)):
        trainer.save(str(file))
    if not file.is_file():
        raise UsageError(f"{type(trainer).__name__}.save did not write the file it was given.")
    with user_code(trainer, "options"):
        return trainer.options()


def keep_threshold(folder: Path, chosen: ChosenThreshold) -> ModelMeta:
    """Keep a threshold with a saved model, in place of any before; return the new metadata.

    Raises:
        ArtifactError: there is no model in the folder, or its model.json was altered.
    """
    meta = read_meta(folder).model_copy(update={"chosen": chosen})
    beside = folder / f".{META_FILE}.{uuid.uuid4().hex}"
    try:
        beside.touch(mode=0o600)
        beside.write_text(document_of(meta), encoding="utf-8")
        beside.replace(folder / META_FILE)
    finally:
        beside.unlink(missing_ok=True)
    return meta


def _write_private(folder: Path, meta: str) -> None:
    """Write model.json, and let nobody else read the model: a copy of its files keeps their mode."""
    (folder / META_FILE).write_text(meta, encoding="utf-8")
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def load(folder: Path, kind: type[ModelTrainer] | None = None) -> Artifact:
    """Read a model folder.

    Args:
        kind: the trainer's class, for one that is not registered as a plug-in: loading imports nothing that a file names.

    Raises:
        ArtifactError: a file is missing or altered, the format is newer, or the trainer is not the model's or not installed.
        UserCodeError: the trainer is a user's own and its constructor or `load` raises an exception.
    """
    meta = check(folder, kind)
    file = folder / meta.file
    is_own = kind is not None and ":" in name_of(kind)  # the ranker of a plug-in has its name
    trainer = _new_trainer(kind if kind is not None and is_own else _registered_class(folder, meta), folder, meta)
    try:
        with user_code(trainer, "load", str(file)):
            trainer.load(str(file))
    except (ArtifactError, UserCodeError):
        raise
    except Exception as error:  # a library's parser may raise anything
        raise ArtifactError(
            f"{type(trainer).__name__}.load cannot read {file}: {type(error).__name__}: {reason(error)}."
        ) from error
    if trainer.accepts_missing != (meta.medians is None):
        raise ArtifactError(f"The medians in {folder / META_FILE} are not what the trainer '{meta.model}' needs.")
    if trainer.n_features not in (None, len(meta.features)):
        raise ArtifactError(
            f"{file} takes {trainer.n_features} columns, but {META_FILE} names {len(meta.features)}; they are of two models."
        )
    return Artifact(meta, trainer)


def check(folder: Path, kind: type[ModelTrainer] | None = None) -> ModelMeta:
    """Return the metadata of a saved model after checking all that can be checked without importing its trainer's library.

    Raises:
        ArtifactError: as `load` does.
    """
    meta = read_meta(folder)
    file = folder / meta.file
    if not file.is_file() or file.is_symlink():
        raise ArtifactError(f"The model in {folder} lacks its file {meta.file}; train it again or restore the file.")
    if _sha256(file) != meta.file_sha256:
        raise ArtifactError(f"{file} is not the file that was saved; train the model again or restore it.")
    if kind is not None and not is_same_class(name_of(kind), meta.model):
        raise ArtifactError(f"The model in {folder} was trained by '{meta.model}', not by '{name_of(kind)}'.")
    if kind is None:
        _registered_class(folder, meta)
    return meta


def _registered_class(folder: Path, meta: ModelMeta) -> type[ModelTrainer]:
    try:
        return registered_class(meta.model, meta.model_type)
    except ArtifactError as error:
        raise ArtifactError(f"The model in {folder} {error}") from error
    except UsageError as error:
        raise ArtifactError(f"The model in {folder} cannot be used: {error}") from error


def registered_class(model: str, model_type: str) -> type[ModelTrainer]:
    """Return the installed trainer of that name, or the ranker for a model type that ranks.

    Raises:
        ArtifactError: it is no installed plug-in; the message goes on from "the model".
        UsageError: there is no such model type, or the plug-in cannot be imported.
    """
    group = RANKERS if get_model_type(model_type).is_ranker else ENTRY_POINT_GROUP
    if model not in names(group):
        raise ArtifactError(f"needs the trainer '{model}', which is no installed plug-in; name its class (--model).")
    return trainer_class(model, group)


def _new_trainer(kind: type[ModelTrainer], folder: Path, meta: ModelMeta) -> ModelTrainer:
    """Return an untrained trainer with the options of model.json."""
    construct: Any = kind
    try:
        inspect.signature(kind).bind(**meta.options)
        with user_code(kind, "__init__", f"the options in {folder / META_FILE}"):
            trainer: ModelTrainer = construct(**meta.options)
    except UserCodeError:
        raise
    except Exception as error:  # a constructor may raise anything
        raise ArtifactError(
            f"The trainer '{meta.model}' does not take the options in {folder / META_FILE}: {reason(error)}."
        ) from error
    return trainer


def is_same_class(name: str, recorded: str) -> bool:
    """Return whether two names are of one class: a script's is `__main__:Class` in the script and `script:Class` elsewhere."""
    same_class = name.partition(":")[2] == recorded.partition(":")[2] != ""
    return name == recorded or (same_class and "__main__" in (name.partition(":")[0], recorded.partition(":")[0]))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _git_commit() -> str | None:
    """Return the commit of the working directory's repository, where there is one."""
    try:
        git = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return git.stdout.strip() or None

"""A saved model: a folder with the trainer's native file and `model.json`. Loading reads data and runs no stored code."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from trainer.data import ALERT_RANKER, Feature
from trainer.errors import ArtifactError, UsageError
from trainer.evaluation import Calibrator
from trainer.models import ENTRY_POINT_GROUP, RANKERS, ModelTrainer, checked_predict, name_of, names, trainer_class

if TYPE_CHECKING:
    import pandas as pd

FORMAT: Literal[1] = 1
META_FILE = "model.json"
MAX_META_BYTES = 16 * 1024 * 1024
LIBRARIES = ("trainer", "numpy", "pandas", "scikit-learn", "xgboost", "lightgbm", "torch", "tabm", "safetensors")


class FeatureMeta(BaseModel):
    """One column of the matrix; the fields of `dataset.Feature`."""

    model_config = ConfigDict(extra="forbid")

    name: str
    column: str
    key: str | None = None
    is_set: bool = False


class FeaturePatterns(BaseModel):
    """The patterns the features were chosen by; the fields of `feature_choice.FeatureChoice`."""

    model_config = ConfigDict(extra="forbid")

    features: list[str] = []
    exclude: list[str] = []


class ModelMeta(BaseModel):
    """What model.json holds: all that is needed to score like the trained model, and to say where it came from."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    format: Literal[1]
    model_id: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,120}$")
    model: str
    model_type: str
    file: str = Field(pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9]+$")
    file_sha256: str
    options: dict[str, Any]
    features: list[FeatureMeta] = Field(min_length=1)
    feature_patterns: FeaturePatterns = FeaturePatterns()
    medians: list[float] | None
    calibration: Calibrator | None = None
    label_strategy: str
    network: str
    window_days: int
    start_date: date
    end_date: date
    created_at: datetime
    seed: int
    split: str
    n_train: int
    n_test: int
    n_positive: int
    graded_on: str
    metrics: dict[str, Any]
    data_fingerprint: str
    versions: dict[str, str]
    git_commit: str | None

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if len({feature.name for feature in self.features}) != len(self.features):
            raise ValueError("two features have one name")
        if self.medians is not None and (len(self.medians) != len(self.features) or not np.isfinite(self.medians).all()):
            raise ValueError("there must be a median, a finite number, for each feature")
        return self


@dataclass
class Artifact:
    """A model ready to score."""

    meta: ModelMeta
    trainer: ModelTrainer

    @property
    def features(self) -> list[Feature]:
        """What each column of the matrix is, in order."""
        return [Feature(**feature.model_dump()) for feature in self.meta.features]

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Return P(risky) float64 (n,) for a frame with exactly the model's features, in order; calibrated if the model is.

        Raises:
            ArtifactError: the frame has other columns, or what the model says are no probabilities.
        """
        if list(frame.columns) != [feature.name for feature in self.meta.features]:
            raise ArtifactError(f"The matrix does not have the columns of model {self.meta.model_id} in their order.")
        medians = None if self.meta.medians is None else np.array(self.meta.medians, dtype=np.float32)
        try:
            proba = checked_predict(self.trainer, frame, medians)
        except UsageError as error:
            raise ArtifactError(f"Model {self.meta.model_id} cannot be used: {error}") from error
        return proba if self.meta.calibration is None else self.meta.calibration.apply(proba)


def save(root: Path, trainer: ModelTrainer, described: dict[str, Any]) -> tuple[Path, ModelMeta]:
    """Write a model folder under `root`, named by its id, whole or not at all; return it and its metadata.

    Args:
        described: the fields of `ModelMeta` but format, file, file_sha256, options, versions and git_commit.

    Raises:
        UsageError: the trainer's arguments cannot be written as JSON, or its `save` wrote nothing.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = root / described["model_id"]
    scratch = root / f".saving-{uuid.uuid4().hex}"
    scratch.mkdir()
    try:
        file = scratch / (f"model{trainer.suffix}" if trainer.suffix != ".json" else "trained.json")  # model.json is ours
        trainer.save(str(file))
        if not file.is_file():
            raise UsageError(f"{type(trainer).__name__}.save did not write the file it was given.")
        meta = ModelMeta(
            format=FORMAT,
            file=file.name,
            file_sha256=_sha256(file),
            options=json.loads(json.dumps(trainer.options(), allow_nan=False)),
            versions={name: version(name) for name in LIBRARIES} | {"python": platform.python_version()},
            git_commit=_git_commit(),
            **described,
        )
        content = meta.model_dump(mode="json")
        text = json.dumps({"content": content, "sha256": _digest(content)}, indent=1, allow_nan=False)
        (scratch / META_FILE).write_text(text, encoding="utf-8")
        scratch.replace(folder)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{type(trainer).__name__} cannot be saved: {error}.") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder, meta


def load(folder: Path, kind: type[ModelTrainer] | None = None) -> Artifact:
    """Read a model folder.

    Args:
        kind: the trainer's class, for one that is no plug-in: loading imports nothing that a file names.

    Raises:
        ArtifactError: a file is missing or altered, the format is newer, or the trainer is not the model's or not installed.
    """
    meta = _read_meta(folder)
    file = folder / meta.file
    if not file.is_file() or file.is_symlink():
        raise ArtifactError(f"The model in {folder} lacks its file {meta.file}; train it again or restore the file.")
    if _sha256(file) != meta.file_sha256:
        raise ArtifactError(f"{file} is not the file that was saved; train the model again or restore it.")
    group = RANKERS if meta.model_type == ALERT_RANKER else ENTRY_POINT_GROUP
    if kind is None and meta.model not in names(group):
        raise ArtifactError(
            f"The model in {folder} needs the trainer '{meta.model}', which is no installed plug-in; name its class (--model)."
        )
    if kind is not None and not _is_the_same(name_of(kind), meta.model):
        raise ArtifactError(f"The model in {folder} was trained by '{meta.model}', not by '{name_of(kind)}'.")
    try:
        trainer = (kind or trainer_class(meta.model, group))(**meta.options)
    except Exception as error:  # a third party's constructor may raise anything
        raise ArtifactError(f"The trainer '{meta.model}' does not take the options in {folder / META_FILE}: {error}.") from error
    try:
        trainer.load(str(file))
    except ArtifactError:
        raise
    except Exception as error:  # a third party's trainer may raise anything
        raise ArtifactError(f"{type(trainer).__name__}.load cannot read {file}: {type(error).__name__}: {error}.") from error
    if trainer.accepts_missing != (meta.medians is None):
        raise ArtifactError(f"The medians in {folder / META_FILE} are not what the trainer '{meta.model}' needs.")
    if trainer.n_features not in (None, len(meta.features)):
        raise ArtifactError(
            f"{file} takes {trainer.n_features} columns, but {META_FILE} names {len(meta.features)}; they are of two models."
        )
    return Artifact(meta, trainer)


def _is_the_same(name: str, recorded: str) -> bool:
    """Return whether two names are of one class; a script's own class is `__main__:Class` there and `script:Class` elsewhere."""
    same_class = name.partition(":")[2] == recorded.partition(":")[2] != ""
    return name == recorded or (same_class and "__main__" in (name.partition(":")[0], recorded.partition(":")[0]))


def _read_meta(folder: Path) -> ModelMeta:
    path = folder / META_FILE
    try:
        if not path.is_file():
            raise ArtifactError(f"There is no model in {folder} ({META_FILE} cannot be read).")
        if path.stat().st_size > MAX_META_BYTES:
            raise ArtifactError(f"{path} is larger than any model.json can be.")
        document = json.loads(path.read_text(encoding="utf-8"))
        content = document["content"]
        found, digest = content["format"], _digest(content)
    except OSError as error:
        raise ArtifactError(f"There is no model in {folder} ({META_FILE} cannot be read).") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtifactError(f"{path} is not a model.json.") from error
    if isinstance(found, int) and found > FORMAT:
        raise ArtifactError(f"{path} has format {found}, newer than {FORMAT}, which this version reads; upgrade it.")
    if document.get("sha256") != digest:
        raise ArtifactError(f"{path} was changed after it was saved; train the model again or restore the file.")
    try:
        return ModelMeta.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise ArtifactError(f"{path} is not valid: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def features_meta(features: list[Feature]) -> list[FeatureMeta]:
    """Return the features in the form model.json keeps them."""
    return [FeatureMeta(**asdict(feature)) for feature in features]


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _git_commit() -> str | None:
    """Return the commit of the working directory's repository, where there is one."""
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None

"""model.json: all that is needed to score like the trained model, and its provenance."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from trainer.data import Feature
from trainer.errors import ArtifactError
from trainer.evaluation import Calibrator
from trainer.keys import joined_networks, split_networks

FORMAT: Literal[1] = 1
META_FILE = "model.json"
MAX_META_BYTES = 16 * 1024 * 1024


class FeatureMeta(BaseModel):
    """One column of the matrix; the fields of `trainer.data.Feature`."""

    model_config = ConfigDict(extra="forbid")

    name: str
    column: str
    key: str | None = None
    is_set: bool = False


class FeaturePatterns(BaseModel):
    """The patterns the features were chosen with; the fields of `trainer.data.FeatureChoice`."""

    model_config = ConfigDict(extra="forbid")

    features: list[str] = []
    exclude: list[str] = []
    accepted: list[str] = []


class IntervalMeta(BaseModel):
    """An estimate with its 95 % interval."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    value: float
    low: float
    high: float


class ChosenThreshold(BaseModel):
    """A threshold kept with a model: rows that score at or above it are alerts to look at.

    Attributes:
        rule: how it was chosen, for a reader.
        precision, recall: on unseen gold rows; None where there are none at or above it, or scores only order rows within a list.
        alerts_per_day: rows of the snapshot it was chosen on that are at or above it, by the days of its window.
        labelled_per_day: those of them that have a gold label already; None where an earlier version chose it.
        note: a sentence on a rule that rules out nothing; None for others.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    threshold: float
    rule: str = Field(max_length=500)
    precision: IntervalMeta | None
    recall: IntervalMeta | None
    alerts_per_day: float = Field(ge=0)
    labelled_per_day: float | None = Field(default=None, ge=0)
    note: str | None = Field(default=None, max_length=500)


class LeftOutMeta(BaseModel):
    """How a model of the other networks does on one that it was not trained on.

    Attributes:
        n_train: rows of the other networks that it was trained on.
        n_test: unseen rows with a gold label of the network: those that the pooled model is evaluated on.
        metrics: metric → value and 95 % interval; empty without gold labels of both classes.
        seconds: that training and scoring took.
        problem: why there are no metrics; None if there are.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    n_train: int
    n_test: int
    metrics: dict[str, IntervalMeta] = {}
    seconds: float = Field(ge=0)
    problem: str | None = Field(default=None, max_length=500)


class NetworkMeta(BaseModel):
    """One of several networks that a model was trained on.

    Attributes:
        n_train, n_positive: labelled rows of the network that the model was trained on, and risky ones.
        n_test: unseen rows of it with a gold label.
        metrics: of these rows, as `ModelMeta.metrics`; empty where they lack a class.
        left_out: how a model of the other networks does on the same rows; None where it was not tried.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    n_train: int
    n_positive: int
    n_test: int
    metrics: dict[str, IntervalMeta] = {}
    left_out: LeftOutMeta | None = None


class ModelMeta(BaseModel):
    """The content of model.json: all that is needed to score like the trained model, and its provenance."""

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
    networks: list[str] = []  # as `trainer.keys.split_networks` of `network`; empty in a file of an earlier version
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
    by_network: dict[str, NetworkMeta] = {}
    balance_networks: bool = False
    data_fingerprint: str
    versions: dict[str, str]
    git_commit: str | None
    out_of_fold_sha256: str | None = None
    chosen: ChosenThreshold | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if len({feature.name for feature in self.features}) != len(self.features):
            raise ValueError("two features have the same name")
        if self.medians is not None and (len(self.medians) != len(self.features) or not np.isfinite(self.medians).all()):
            raise ValueError("there must be a median, a finite number, for each feature")
        self.networks = self.networks or list(split_networks(self.network))
        if joined_networks(self.networks) != self.network or not set(self.by_network) <= set(self.networks):
            raise ValueError("network, networks and by_network do not name the same networks")
        return self


def read_meta(folder: Path) -> ModelMeta:
    """Return the metadata of a saved model.

    Raises:
        ArtifactError: there is no model in the folder, its model.json was altered, or its format is newer.
    """
    path = folder / META_FILE
    try:
        if not path.is_file():
            raise ArtifactError(f"There is no model in {folder} ({META_FILE} cannot be read).")
        if path.stat().st_size > MAX_META_BYTES:
            raise ArtifactError(f"{path} is larger than any model.json can be.")
        document = json.loads(path.read_text(encoding="utf-8"))
        content = document["content"]
        version_found, digest = content["format"], _digest(content)
    except OSError as error:
        raise ArtifactError(f"There is no model in {folder} ({META_FILE} cannot be read).") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtifactError(f"{path} is not a model.json.") from error
    if isinstance(version_found, int) and version_found > FORMAT:
        raise ArtifactError(f"{path} has format {version_found}, newer than {FORMAT}, which this version reads; upgrade it.")
    if document.get("sha256") != digest:
        raise ArtifactError(f"{path} was changed after it was saved; train the model again or restore the file.")
    try:
        return ModelMeta.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise ArtifactError(f"{path} is not valid: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def document_of(meta: ModelMeta) -> str:
    """Return the text of model.json, with a checksum of its content."""
    content = meta.model_dump(mode="json")
    return json.dumps({"content": content, "sha256": _digest(content)}, indent=1, allow_nan=False)


def features_meta(features: list[Feature]) -> list[FeatureMeta]:
    """Return the features in the form model.json keeps them."""
    return [FeatureMeta(**asdict(feature)) for feature in features]


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

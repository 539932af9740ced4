"""What `fit` returns."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from trainer.evaluation import Estimate, estimates, plain_values
from trainer.shown import Shown

if TYPE_CHECKING:
    from pathlib import Path

    from trainer.data import Dataset
    from trainer.evaluation import Split
    from trainer.registry import ModelMeta


@dataclass(repr=False)
class TrainingResult(Shown):
    """What `fit` reports. Counts are of rows, except where the name says addresses; `metrics` are on unseen rows.

    A metric is a number with a 95 % interval: `result.metrics["auc"]`, `.low`, `.high`.

    `threshold` is the one kept with the model (`trainer.registry.ChosenThreshold`), if one was asked for.
    `by_network` is, for a model of several networks, what model.json has of each (`trainer.registry.NetworkMeta`): metrics on its
    unseen rows, and those of a model of the other networks (`left_out`); {} for a model of one.
    `withheld_features` are features that no model uses unless they are named → why.
    `left_out_columns` are features that the user brought and that agree with gold labels like an answer → their agreement.
    """

    model_id: str
    model: str
    model_type: str
    label_strategy: str
    network: str
    window_days: int
    n_train: int
    n_test: int
    n_features: int
    n_positive: int
    n_labelled_addresses: int
    n_positive_addresses: int
    left_out_columns: dict[str, float]
    withheld_features: dict[str, str]
    split: str
    split_description: str
    graded_on: str
    metrics: dict[str, Estimate]
    by_network: dict[str, dict[str, Any]]
    calibration: dict[str, Any]
    threshold: dict[str, Any] | None
    seconds: dict[str, float]
    artifact: str

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        values: dict[str, Any] = plain_values(asdict(self))
        return values

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows."""
        counts = {"n_train": self.n_train, "n_positive": self.n_positive, "n_test": self.n_test}
        return {"model_id": self.model_id, "label_strategy": self.label_strategy, **counts, **self.metrics}


def result_of(
    meta: ModelMeta,
    data: Dataset,
    split: Split,
    calibration: dict[str, Any],
    seconds: dict[str, float],
    folder: Path,
) -> TrainingResult:
    """Return the result of a fit from the saved model's metadata and the data it was trained on."""
    return TrainingResult(
        model_id=meta.model_id,
        model=meta.model,
        model_type=meta.model_type,
        label_strategy=meta.label_strategy,
        network=meta.network,
        window_days=meta.window_days,
        n_train=meta.n_train,
        n_test=meta.n_test,
        n_features=len(meta.features),
        n_positive=meta.n_positive,
        n_labelled_addresses=data.address_count(),
        n_positive_addresses=data.address_count(data.y >= 0.5),
        left_out_columns=data.left_out,
        withheld_features=data.withheld,
        split=split.name,
        split_description=split.description,
        graded_on=meta.graded_on,
        metrics=estimates(meta.metrics),
        by_network={name: one.model_dump(mode="json") for name, one in meta.by_network.items()},
        calibration=calibration,
        threshold=None if meta.chosen is None else meta.chosen.model_dump(),
        seconds={name: round(value, 3) for name, value in seconds.items()},
        artifact=str(folder),
    )

"""The rows that all candidates share: one matrix, one split, the same gold rows, and the labels of each strategy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.data import Dataset, FeatureChoice, Selection, gold_labels, labels_of, read_scoring
from trainer.evaluation import Split, make_split
from trainer.training.compare.candidates import Candidate, source_of
from trainer.version import __version__
from trainer.warehouse import one_build

if TYPE_CHECKING:
    from trainer.warehouse import Client

LIBRARIES = ("numpy", "scikit-learn", "xgboost", "lightgbm", "torch")


@dataclass
class SharedRows:
    """Every row of a selection, labelled or not.

    Attributes:
        data: the n rows with every feature, without labels.
        gold: float32 (n,), NaN where a row has no gold label.
        split: folds over all rows, stratified by gold; an address is on one side of each.
        labels: strategy → its labels and weights, float32 (n,) each, NaN where it abstains.
        selection, seed: the rows and the folds follow from them.
        enough: labelled and positive rows that a strategy must have to be trained on.
        sources: strategy → its code, '' for one that dbt computes.
    """

    data: Dataset
    gold: np.ndarray
    split: Split
    labels: dict[str, tuple[np.ndarray, np.ndarray]]
    selection: Selection
    seed: int
    enough: tuple[int, int]
    sources: dict[str, str]

    @cached_property
    def tested(self) -> np.ndarray:
        """Row numbers (m,) that are held out in a fold and have a gold label, ascending: what candidates are evaluated on."""
        rows = self.split.test_rows
        return rows[~np.isnan(self.gold[rows])]

    @cached_property
    def fold(self) -> np.ndarray:
        """(n,) the fold that holds a row out, from 1; 0 if none does."""
        fold = np.zeros(len(self.gold), dtype=np.int64)
        for number, (_, test) in enumerate(self.split, start=1):
            fold[test] = number
        return fold

    @cached_property
    def fingerprint(self) -> str:
        """A hash of rows, values, gold labels, folds and versions: equal, equal predictions of one candidate."""
        digest = hashlib.sha256(self.data.fingerprint().encode())
        digest.update(json.dumps({"trainer": __version__} | {name: version(name) for name in LIBRARIES}).encode())
        for array in (self.gold, *(part for fold in self.split for part in fold)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def columns(self, choice: FeatureChoice) -> np.ndarray:
        """Return the positions (d,) of the features of a choice."""
        kept = {feature.name for feature in choice.of(self.data.features)}
        return np.flatnonzero([name in kept for name in self.data.feature_names])

    def key(self, candidate: Candidate) -> str:
        """Return a hash of all that a candidate's predictions follow from."""
        y, weight = self.labels[candidate.strategy]
        content: dict[str, Any] = candidate.identity() | {"seed": self.seed, "enough": self.enough}
        content["features"] = self.columns(candidate.choice).tolist()
        digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode())
        for part in (self.fingerprint.encode(), y.tobytes(), weight.tobytes(), self.sources[candidate.strategy].encode()):
            digest.update(part)
        return digest.hexdigest()


def read_rows(
    client: Client,
    model_type: str,
    selection: Selection,
    compared: Sequence[Candidate],
    accepted: Sequence[str],
    folds: int,
    embargo_days: int,
    seed: int,
    enough: tuple[int, int],
) -> SharedRows:
    """Read what the candidates share, of one build of the warehouse.

    Raises:
        BadInputError: there is no such snapshot or label strategy.
        NotEnoughLabelsError: there are too few gold labels for a split.
        UsageError: a pattern matches no feature.
    """
    with one_build(client):
        data = read_scoring(client, model_type, selection, choice=FeatureChoice(accepted=tuple(accepted)))
        gold = gold_labels(client, data, selection)
        strategies = {one.strategy: one.labels for one in compared}
        labels = {name: labels_of(client, data, selection, strategy) for name, strategy in strategies.items()}
    split = make_split(gold, data.groups, data.dates, folds, embargo_days, seed, data.networks)
    sources = {name: source_of(strategy) for name, strategy in strategies.items()}
    rows = SharedRows(data, gold, split, labels, selection, seed, enough, sources)
    for one in compared:
        rows.columns(one.choice)  # a pattern without a feature is an error of the call, not of one candidate
    return rows

"""What the features of a model are, in words: descriptions and units of the dbt catalogue, and where a row's values stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.data import Feature
from trainer.warehouse import require_table

if TYPE_CHECKING:
    from trainer.warehouse import Client

CATALOGUE = "feature_catalog"
ZSCORE = "_zscore"
"""End of the name of a feature that is the standard score of another."""
MAPS = {
    "custom_features": ("custom", "{key} (a feature of your own)"),
    "extra_features": ("export", "{key} (a column of the export)"),
}
"""Map column → the family of its features, and their description."""


@dataclass(frozen=True)
class Meaning:
    """What a feature is: its family, unit and description as the catalogue has them."""

    family: str
    unit: str
    description: str


def meanings(client: Client, features: Sequence[Feature]) -> list[Meaning]:
    """Return what each of the features means; those that dbt's catalogue lacks are described by where they come from.

    Raises:
        NotBuiltError: dbt has not built the catalogue.
    """
    require_table(client, CATALOGUE)
    rows = client.query(f"SELECT feature, family, unit, description FROM {CATALOGUE}").result_rows
    known = {name: Meaning(family, unit, description) for name, family, unit, description in rows}
    return [_meaning(feature, known) for feature in features]


def _meaning(feature: Feature, known: dict[str, Meaning]) -> Meaning:
    if feature.is_set:
        what = "The alert is tagged" if feature.column == "alert_tags" else f"Its {feature.column.replace('_', ' ')} include"
        return Meaning(feature.column.partition("_")[0], "flag", f"{what} “{feature.key}”")
    if feature.key in known and feature.column == "custom_features":  # declared in the YAML of a model of the user's own
        return known[feature.key]
    if feature.key is not None:
        family, text = MAPS.get(feature.column, (feature.column.removesuffix("_features"), "{key}"))
        return Meaning(family, "", text.format(key=feature.key))
    if feature.name not in known:
        return Meaning("", "", feature.name.replace("_", " ").capitalize())
    found, base = known[feature.name], known.get(feature.name.removesuffix(ZSCORE))
    if base is not None and base is not found:
        return Meaning(found.family, found.unit, f"{base.description}, compared with the snapshot's addresses")
    return Meaning(found.family, found.unit, _without_names(found.description, known))


def _without_names(description: str, known: dict[str, Meaning]) -> str:
    """Return a description in which the name of another feature (its only words with an underscore) is that one's description."""

    def described(name: re.Match[str]) -> str:
        other = known.get(name[0])
        return name[0] if other is None else f"“{other.description}”"

    return re.sub(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b", described, description)


class Percentiles:
    """Where values stand among the rows of a snapshot: the share of rows below, and half of those that are equal."""

    def __init__(self, X: np.ndarray) -> None:
        """Sort the known values of each column of X float32 (n, d)."""
        self._columns = [np.sort(column[~np.isnan(column)]) for column in X.T]

    def of(self, X: np.ndarray) -> np.ndarray:
        """Return the percentile float64 (m, d) in [0, 100] of each value of X (m, d); NaN where it is missing."""
        found = np.full(X.shape, np.nan)
        for position, known in enumerate(self._columns):
            values = X[:, position]
            if known.size:
                rank = (np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")) / 2
                found[:, position] = np.where(np.isnan(values), np.nan, 100 * rank / known.size)
        return found

"""Features that are none to learn from: codes, which name rather than measure, and what only one of several networks has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainer.data.feature import Feature, sql_expression
from trainer.model_types import CODE_OF_EXPORT
from trainer.warehouse import table_exists

if TYPE_CHECKING:
    from trainer.data.selection import Selection
    from trainer.warehouse import Client

CATALOGUE = "feature_catalog"
CODE_UNIT = "id"
"""Unit, in the catalogue, of a feature that names something: its numbers have no order."""
CODE_NAME = re.compile(r"(?:^|_)(?:id|ids|uid|uuid|guid|hash|code)$")
"""End of the name of a column of the user's or the export's, of which the catalogue has no unit, that is a code."""
CODE = "its name is that of a code, whose numbers measure nothing"


def withheld_features(client: Client, table: str, selection: Selection, features: Sequence[Feature]) -> dict[str, str]:
    """Return the features of a selection that no model uses unless they are named: name → why.

    - Codes. A model can only learn which numbers were risky, and another snapshot gives them to others.
    - With several networks, features of which only one network has values: by them a model knows the network, and learns its
      share of risky rows instead of what the feature measures.
    """
    units = _units(client)
    codes = {one.name: CODE_OF_EXPORT for one in features if one.key is None and units.get(one.name) == CODE_UNIT}
    codes |= {one.name: CODE for one in features if one.key and not one.is_set and CODE_NAME.search(one.key.lower())}
    return codes if not selection.is_pooled else _of_one_network(client, table, selection, features) | codes


def _units(client: Client) -> dict[str, str]:
    if not table_exists(client, CATALOGUE):
        return {}
    return dict(client.query(f"SELECT feature, unit FROM {CATALOGUE}").result_rows)


def _of_one_network(client: Client, table: str, selection: Selection, features: Sequence[Feature]) -> dict[str, str]:
    """Return the features that have values, or members of a set, on one network only: name → why."""
    keys = {f"key_{i}": one.key for i, one in enumerate(features) if one.key is not None}
    known = [
        f"max({sql_expression(one, i)} > 0)" if one.is_set else f"max(isFinite({sql_expression(one, i)}))"
        for i, one in enumerate(features)
    ]
    rows = client.query(
        f"SELECT network, {', '.join(known)} FROM {table} WHERE {selection.where} GROUP BY network ORDER BY network",
        parameters=selection.parameters | keys,
    ).result_rows
    found = {}
    for position, feature in enumerate(features, start=1):
        having = [row[0] for row in rows if row[position]]
        if len(having) == 1 < len(rows):
            found[feature.name] = f"of {having[0]} only: it would tell the network"
    return found

"""How the columns of a table become features.

A Float32 column is a feature; a Map column gives one feature per key, missing where the key is absent; an Array column of text
is a set and gives one 0/1 feature per member that is frequent enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainer.model_types import LABEL_COLUMNS

if TYPE_CHECKING:
    from trainer.data.selection import Selection
    from trainer.warehouse import Client

MIN_SET_ROWS = 20  # a rarer member is no feature: it would identify rows rather than describe them
MAX_SET_FEATURES = 100


@dataclass(frozen=True)
class Feature:
    """One column of the matrix: a table column, or a `key` of a Map column or a member of a set column."""

    name: str
    column: str
    key: str | None = None
    is_set: bool = False


def columns_of(client: Client, table: str) -> dict[str, str]:
    """Return column → ClickHouse type of a table, in order."""
    rows = client.query(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position",
        parameters={"table": table},
    ).result_rows
    return dict(rows)


def features_of(client: Client, table: str, where: str, parameters: dict[str, Any], held_together_by: str) -> list[Feature]:
    """Return the features of a table, in the order of its columns; keys and set members are those of the rows of `where`.

    Args:
        held_together_by: a column that groups rows and is no feature; see `trainer.model_types.ModelType`.
    """
    features: list[Feature] = []
    for column, kind in columns_of(client, table).items():
        if column in LABEL_COLUMNS or column == held_together_by:
            continue
        if kind == "Float32":
            features.append(Feature(column, column))
        elif kind.startswith("Map("):
            keys = _map_keys(client, table, column, where, parameters)
            features += [Feature(f"{column.removesuffix('_features')}__{_safe(key)}", column, key) for key in keys]
        elif kind.startswith("Array("):
            prefix = column.removesuffix("s")
            members = _set_members(client, table, column, where, parameters)
            features += [Feature(f"{prefix}__{_safe(member)}", column, member, is_set=True) for member in members]
    return _with_unique_names(features)


def absent_features(client: Client, table: str, selection: Selection, features: Sequence[Feature]) -> list[Feature]:
    """Return the features that come from a Map column in which no row of the selection has their key."""
    mapped = [feature for feature in features if feature.key is not None and not feature.is_set]
    present = {
        column: set(_map_keys(client, table, column, selection.where, selection.parameters))
        for column in {feature.column for feature in mapped}
    }
    return [feature for feature in mapped if feature.key not in present[feature.column]]


def sql_expression(feature: Feature, position: int) -> str:
    """Return the SQL of a feature's value; its key is the query parameter `key_<position>`."""
    if feature.key is None:
        return feature.column
    key = f"{{key_{position}:String}}"
    if feature.is_set:
        return f"toFloat32(has({feature.column}, {key}))"
    # A missing key reads as 0 from a Map; missing must stay missing.
    return f"if(mapContains({feature.column}, {key}), {feature.column}[{key}], toFloat32(nan))"


def _map_keys(client: Client, table: str, column: str, where: str, parameters: dict[str, Any]) -> list[str]:
    query = f"SELECT DISTINCT arrayJoin(mapKeys({column})) AS key FROM {table} WHERE {where} ORDER BY key"
    return [row[0] for row in client.query(query, parameters=parameters).result_rows]


def _set_members(client: Client, table: str, column: str, where: str, parameters: dict[str, Any]) -> list[str]:
    query = (
        f"SELECT arrayJoin({column}) AS member, count() AS rows FROM {table} WHERE {where} "
        f"GROUP BY member HAVING rows >= {MIN_SET_ROWS} ORDER BY rows DESC, member LIMIT {MAX_SET_FEATURES}"
    )
    return sorted(row[0] for row in client.query(query, parameters=parameters).result_rows)


def _safe(text: str) -> str:
    """Return a name that every library takes as a column name."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "other"


def _with_unique_names(features: Sequence[Feature]) -> list[Feature]:
    taken: set[str] = set()
    unique = []
    for feature in features:
        name, number = feature.name, 1
        while name in taken:
            number += 1
            name = f"{feature.name}_{number}"
        taken.add(name)
        unique.append(Feature(name, feature.column, feature.key, feature.is_set))
    return unique

"""Columns that the user brought and that agree with gold labels so well that they are answers, as dbt found them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from trainer.warehouse import require_table

if TYPE_CHECKING:
    from trainer.data.feature import Feature
    from trainer.data.selection import Selection
    from trainer.warehouse import Client

TABLE = "fct_answer_columns"


def answers_among(
    client: Client, features: Sequence[Feature], selection: Selection, accepted: Collection[str] = ()
) -> dict[str, float]:
    """Return the features that are answers in a snapshot of a selection: name → agreement with its gold labels, 0.5 to 1.

    Args:
        accepted: names of features or of their columns that the user lets in.

    Raises:
        NotBuiltError: dbt has not judged the columns yet.
    """
    require_table(client, TABLE)
    rows = client.query(
        f"SELECT feature_map, column_name, max(agreement) FROM {TABLE} WHERE {selection.where} AND is_answer GROUP BY ALL",
        parameters=selection.parameters,
    ).result_rows
    agreement = {(column, key): value for column, key, value in rows}
    return {
        feature.name: agreement[feature.column, feature.key]
        for feature in features
        if (feature.column, feature.key) in agreement and not {feature.name, feature.key} & set(accepted)
    }

"""What the label strategies that dbt computes cover of a selection, for counts and error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.data.selection import Selection
    from trainer.warehouse import Client

_STRATEGY_PREFIX = "int_label_strategy__"


def labelled_addresses(client: Client, selection: Selection, label_strategy: str) -> int:
    """Return how many addresses of a selection a strategy that dbt computes labels, whether or not they have features."""
    query = f"SELECT uniqExact(address) FROM fct_address_labels WHERE {selection.where} AND strategy = {{strategy:String}}"
    parameters = selection.parameters | {"strategy": label_strategy}
    return int(client.query(query, parameters=parameters).result_rows[0][0])


def known_strategies(client: Client) -> list[str]:
    """Return the strategies that dbt computes, including those that label nothing."""
    names = client.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String}) ORDER BY name",
        parameters={"prefix": _STRATEGY_PREFIX},
    ).result_rows
    return [name.removeprefix(_STRATEGY_PREFIX) for (name,) in names]

"""What the label strategies that dbt computes cover of a selection, for counts and error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.model_types import get_model_type
from trainer.warehouse import require_table

if TYPE_CHECKING:
    from trainer.data.selection import Selection
    from trainer.warehouse import Client

GOLD = "address_labels"  # the strategy of gold labels
_STRATEGY_PREFIX = "int_label_strategy__"


def labelled_addresses(client: Client, selection: Selection, label_strategy: str) -> int:
    """Return how many addresses of a selection a strategy that dbt computes labels, whether or not they have features."""
    query = f"SELECT uniqExact(address) FROM fct_address_labels WHERE {selection.where} AND strategy = {{strategy:String}}"
    parameters = selection.parameters | {"strategy": label_strategy}
    return int(client.query(query, parameters=parameters).result_rows[0][0])


def labelled_networks(client: Client, model_type: str, window_days: int, label_strategy: str) -> list[str]:
    """Return the networks with a window that have rows which a strategy labels, sorted; one that dbt does not compute: with gold.

    Raises:
        UsageError: there is no such model type.
        NotBuiltError: dbt has not run yet.
    """
    kind = get_model_type(model_type)
    require_table(client, kind.training_table)
    strategy = label_strategy if label_strategy in known_strategies(client) else GOLD
    query = (
        f"SELECT DISTINCT network FROM {kind.training_table} "
        "WHERE window_days = {window:UInt32} AND label_strategy = {strategy:String} ORDER BY network"
    )
    rows = client.query(query, parameters={"window": window_days, "strategy": strategy}).result_rows
    return [str(name) for (name,) in rows]


def known_strategies(client: Client) -> list[str]:
    """Return the strategies that dbt computes, including those that label nothing."""
    names = client.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String}) ORDER BY name",
        parameters={"prefix": _STRATEGY_PREFIX},
    ).result_rows
    return [name.removeprefix(_STRATEGY_PREFIX) for (name,) in names]

"""What the label strategies that dbt computes cover of a selection, for counts and error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.model_types import get_model_type
from trainer.warehouse import require_table

if TYPE_CHECKING:
    from trainer.data.selection import Selection
    from trainer.warehouse import Client

GOLD = "address_labels"  # the strategy of gold labels
LABEL_MODEL = "label_model"  # the strategy that also labels where there is no gold
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


def too_few_labels_hint(client: Client, selection: Selection, label_strategy: str) -> str:
    """Return a hint for the too-few-labels error: bring labels, or use the label model where rules have votes."""
    bring = "bring more labels with `trainer labels add` and run `dbt run`"
    if label_strategy == LABEL_MODEL:
        return bring
    query = f"SELECT uniqExact(address) FROM int_label_votes WHERE {selection.where} AND kind != 'gold'"
    voted = client.query(query, parameters=selection.parameters).result_rows[0][0]
    if not voted:
        return bring
    return f"{bring}, or train on the votes of rules on {voted} addresses with `--label-strategy {LABEL_MODEL}`"


def known_strategies(client: Client) -> list[str]:
    """Return the strategies that dbt computes, including those that label nothing."""
    names = client.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String}) ORDER BY name",
        parameters={"prefix": _STRATEGY_PREFIX},
    ).result_rows
    return [name.removeprefix(_STRATEGY_PREFIX) for (name,) in names]

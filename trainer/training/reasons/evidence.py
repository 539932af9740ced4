"""What the warehouse knows of rows beside their features: labels and rules that speak of their addresses, and their flows.

Votes and flows are read as JSON objects, with the fields of `Vote` and `Flow`: most end in `explain_json` as they are, and to
decode and encode them took longer than the queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trainer.keys import WHERE_SNAPSHOT, SnapshotKey
from trainer.model_types import ModelType
from trainer.warehouse import require_table

if TYPE_CHECKING:
    from trainer.warehouse import Client

OWN_VOTES, COUNTERPARTY_VOTES, FLOWS, LABELLED_FLOWS = 10, 8, 5, 3  # kept of each address, at most
LISTED = 200  # ids that a query names one by one; more are named by their first and last
TABLES = ("int_label_votes", "fct_applied_labels", "fct_label_rules", "stg_money_flows")

_FLOWS = f"""
    SELECT from_address AS address, to_address AS counterparty, to_key AS counterparty_key, 'out' AS direction,
        volume_usd, tx_count, first_seen, last_seen
    FROM stg_money_flows WHERE {WHERE_SNAPSHOT} AND from_address IN subjects AND from_key != to_key
    UNION ALL
    SELECT to_address, from_address, from_key, 'in', volume_usd, tx_count, first_seen, last_seen
    FROM stg_money_flows WHERE {WHERE_SNAPSHOT} AND to_address IN subjects AND from_key != to_key
"""
_FLOW = {
    "address": "String",
    "counterparty": "String",
    "direction": "String",
    "volume_usd": "Nullable(Float64)",
    "tx_count": "Nullable(UInt64)",
    "first_day": "Nullable(String)",
    "last_day": "Nullable(String)",
}
_VOTE = {
    "address": "String",
    "is_counterparty": "Bool",
    "vote": "UInt8",
    "kind": "String",
    "rule_id": "String",
    "source": "String",
    "day": "String",
    "confidence": "Float32",
    "evidence": "String",
    "rule": "String",
}
_SETTINGS = "SETTINGS output_format_json_quote_64bit_integers = 0, output_format_json_escape_forward_slashes = 0"


def _object(fields: dict[str, str], **other: str) -> str:
    """Return the expression of a JSON object with these fields, read from columns of their names or from the `other` ones."""
    columns = ", ".join(other.get(name, name) for name in fields)
    types = ", ".join(f"{name} {kind}" for name, kind in fields.items())
    return f"toJSONString(CAST(tuple({columns}), 'Tuple({types})'))"


# The largest flows, and the largest of those whose counterparty has a label: small flows to a mixer matter too.
_CHOSEN_FLOWS = f"""
    SELECT address, {_object(_FLOW)} AS said
    FROM (
        SELECT *, toString(toDate(toDateTime(first_seen, 'UTC'))) AS first_day,
            toString(toDate(toDateTime(last_seen, 'UTC'))) AS last_day,
            counterparty_key IN (SELECT address_key FROM int_label_votes WHERE {WHERE_SNAPSHOT} AND kind = 'gold') AS is_labelled,
            row_number() OVER (PARTITION BY address ORDER BY volume_usd DESC NULLS LAST, counterparty, direction) AS place,
            row_number() OVER (
                PARTITION BY address, is_labelled ORDER BY volume_usd DESC NULLS LAST, counterparty, direction
            ) AS place_of_its_kind
        FROM flows
    )
    WHERE place <= {FLOWS} OR (is_labelled AND place_of_its_kind <= {LABELLED_FLOWS})
    ORDER BY address, place
"""


def _votes(condition: str) -> str:
    """Return the query of the votes that meet a condition; a label is dated by the latest behind it, a rule by its snapshot."""
    return f"""
        SELECT votes.address AS address, votes.address_key AS address_key, votes.rule_id AS rule_id, votes.kind AS kind,
            votes.source AS source, votes.vote AS vote, votes.confidence AS confidence, votes.evidence AS evidence,
            toString(ifNull(gold.labelled_on, votes.processing_date)) AS day, ifNull(rules.description, '') AS rule
        FROM (SELECT * FROM int_label_votes WHERE {WHERE_SNAPSHOT} AND {condition}) AS votes
        LEFT JOIN (
            SELECT address_key, rule_id, label_source, max(ifNull(toDate(created_at), valid_from)) AS labelled_on
            FROM fct_applied_labels WHERE {WHERE_SNAPSHOT} GROUP BY address_key, rule_id, label_source
        ) AS gold
            ON gold.address_key = votes.address_key AND gold.rule_id = votes.rule_id AND gold.label_source = votes.source
        LEFT JOIN fct_label_rules AS rules ON rules.rule_id = votes.rule_id
    """


_OWN_VOTES = f"""
    SELECT address, {_object(_VOTE, is_counterparty="false")} AS said FROM ({_votes("address IN subjects")})
    ORDER BY address, kind = 'gold' DESC, confidence DESC, rule_id, source, vote LIMIT {OWN_VOTES} BY address
"""
_COUNTERPARTY_VOTES = f"""
    SELECT near.address AS address, {_object(_VOTE, address="near.counterparty", is_counterparty="true")} AS said
    FROM (
        SELECT address, counterparty, counterparty_key, sum(ifNull(volume_usd, 0)) AS volume_usd
        FROM flows GROUP BY address, counterparty, counterparty_key
    ) AS near
    INNER JOIN ({_votes("address_key IN (SELECT counterparty_key FROM flows)")}) AS votes
        ON votes.address_key = near.counterparty_key
    ORDER BY near.address, kind = 'gold' DESC, volume_usd DESC, counterparty, confidence DESC, rule_id, source, vote
    LIMIT {COUNTERPARTY_VOTES} BY address
"""


@dataclass
class Evidence:
    """Votes and flows by address, as JSON objects; each list is in the order of weight, gold labels and large flows first.

    Attributes:
        own: votes on the address itself.
        near: votes on the direct counterparties of the address.
        flows: the largest flows of the address, and the largest with counterparties that have a label.
    """

    own: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    near: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    flows: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def read_evidence(client: Client, kind: ModelType, key: SnapshotKey, ids: Sequence[str], *, grouped: bool) -> Evidence:
    """Read what is known of the addresses of some rows, at least of those with these ids.

    Args:
        ids: in ascending order.
        grouped: whether a row has several addresses.

    Raises:
        NotBuiltError: dbt has not run yet.
    """
    for table in TABLES:
        require_table(client, table)
    address = f"arrayJoin({kind.held_together_by})" if grouped else kind.held_together_by
    parameters: dict[str, Any] = dict(key.parameters)
    if len(ids) <= LISTED:
        chosen, parameters["ids"] = f"{kind.id_column} IN {{ids:Array(String)}}", list(ids)
    else:
        chosen = f"{kind.id_column} BETWEEN {{first:String}} AND {{last:String}}"
        parameters |= {"first": ids[0], "last": ids[-1]}
    subjects = f"subjects AS (SELECT DISTINCT {address} FROM {kind.scoring_table} WHERE {WHERE_SNAPSHOT} AND {chosen})"
    found = Evidence()
    for target, query in ((found.own, _OWN_VOTES), (found.near, _COUNTERPARTY_VOTES), (found.flows, _CHOSEN_FLOWS)):
        rows = client.query_arrow(f"WITH {subjects}, flows AS ({_FLOWS}) {query} {_SETTINGS}", parameters=parameters)
        for one, said in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            target[one].append(said)
    return found

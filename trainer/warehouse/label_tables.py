"""The tables of labels: source-of-truth labels, the user's own (stamped or standing), and what became of them."""

from __future__ import annotations

from trainer.warehouse.table import Table

_LABEL_COLUMNS = """
    address String
    label String DEFAULT ''
    network_type LowCardinality(String) DEFAULT ''
    address_type LowCardinality(String) DEFAULT 'unknown'
    address_subtype LowCardinality(String) DEFAULT ''
    risk_level LowCardinality(String) DEFAULT 'medium'
    confidence_score Float32 DEFAULT 0.5
    trust_level LowCardinality(String) DEFAULT ''
    source LowCardinality(String) DEFAULT ''
"""
# A row of a publisher's list has the publisher's category as `label`, its name for the address as `address_subtype`, its way of
# knowing as `trust_level` and no risk level: the seeds label_taxonomy and label_provenance decide it when dbt runs.
_OWN_COLUMNS = _LABEL_COLUMNS + "    publisher LowCardinality(String) DEFAULT ''\n"
_VALIDITY = """    list LowCardinality(String) DEFAULT ''
    valid_from Date DEFAULT '1970-01-01'
    valid_to Date DEFAULT '2149-06-06'
"""
_LABEL_KEY = "address, source, label, risk_level, confidence_score"
_OWN_KEY = _LABEL_KEY + ", address_subtype, trust_level, publisher"

ADDRESS_LABELS = Table(
    "address_labels",
    key=_LABEL_KEY,
    columns=_LABEL_COLUMNS
    + """created_timestamp Nullable(UInt64)
    updated_timestamp Nullable(UInt64)
    """,
)

RAW_ADDRESS_LABELS = Table("raw_address_labels", key=_OWN_KEY, columns=_OWN_COLUMNS)
"""The user's stamped labels: each belongs to one snapshot. The guide's columns, and `publisher` for rows of published lists."""

RAW_STANDING_LABELS = Table(
    "raw_standing_labels",
    key=_OWN_KEY + ", list, valid_from",
    partition="source",  # an edition of a list becomes visible as a whole
    order="network",
    has_snapshot_key=False,
    columns="    network LowCardinality(String)\n" + _OWN_COLUMNS + _VALIDITY,
)
"""Labels that hold for every snapshot of a network from `valid_from` until before `valid_to`."""

LABEL_HISTORY = Table(
    "label_history",
    key=_OWN_KEY + ", list, valid_from, changed_at, event",
    version="changed_at",
    columns=_OWN_COLUMNS
    + _VALIDITY
    + """event LowCardinality(String)
    file String DEFAULT ''
    file_sha256 String DEFAULT ''
    changed_at DateTime64(3)
    """,
)
"""Every label that a command added, replaced, closed or removed, and when; only ever appended to.

A standing label has window 0 there."""

LABEL_EDITIONS = Table(
    "label_editions",
    key="list, loaded_at",
    version="loaded_at",
    partition="source",
    order="source",
    has_snapshot_key=False,
    columns="""
    source LowCardinality(String)
    list LowCardinality(String) DEFAULT ''
    network LowCardinality(String) DEFAULT ''
    edition_date Date
    is_complete Bool
    content_hash String
    labels UInt64
    added UInt64
    closed UInt64
    file String
    file_sha256 String
    loaded_at DateTime64(3)
    """,
)
"""Every file of standing labels that changed something: the day its content holds from, and what it added and closed."""

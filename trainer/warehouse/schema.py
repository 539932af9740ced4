"""The tables the trainer owns: raw tables that are loaded, and tables that models write.

Column names and types follow the upstream system's October 2025 export, with three additions: `network` in every key, so
that one database holds all networks; `extra_features` for numeric columns an export has and this schema does not know;
`ingested_at`. A value an export may lack is Nullable: a missing number must stay missing and never become 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.warehouse.flow_tables import RAW_MONEY_FLOWS, RAW_TRANSFERS
from trainer.warehouse.label_tables import (
    ADDRESS_LABELS,
    LABEL_EDITIONS,
    LABEL_HISTORY,
    RAW_ADDRESS_LABELS,
    RAW_STANDING_LABELS,
)
from trainer.warehouse.old_parts import set_lifetime
from trainer.warehouse.replicated import ddl_of
from trainer.warehouse.table import Table
from trainer.warehouse.upgrade import upgrade_tables

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


def _lines(names: str, kind: str) -> str:
    return "\n".join(f"{name} {kind}" for name in names.split())


RAW_ALERTS = Table(
    "raw_alerts",
    key="alert_id, typology_type",
    columns="""
    alert_id String
    address String
    typology_type LowCardinality(String)
    pattern_id String DEFAULT ''
    pattern_type LowCardinality(String) DEFAULT ''
    severity LowCardinality(String) DEFAULT ''
    suspected_address_type LowCardinality(String) DEFAULT ''
    suspected_address_subtype LowCardinality(String) DEFAULT ''
    alert_confidence_score Nullable(Float32)
    description String DEFAULT ''
    volume_usd Nullable(Decimal(38, 18))
    evidence_json String DEFAULT ''
    risk_indicators Array(LowCardinality(String))
    extra_features Map(LowCardinality(String), Float32)
    created_at Nullable(DateTime)
    """,
)

_FEATURE_USD = """
    total_in_usd total_out_usd net_flow_usd total_volume_usd avg_tx_in_usd avg_tx_out_usd median_tx_in_usd
    median_tx_out_usd max_tx_usd min_tx_usd avg_daily_volume_usd khop1_volume_usd khop2_volume_usd khop3_volume_usd
"""
_FEATURE_COUNTS = """
    degree_in degree_out degree_total unique_counterparties tx_in_count tx_out_count tx_total_count activity_days
    activity_span_days peak_hour peak_day unique_assets_in unique_assets_out peak_activity_hour peak_activity_day kcore
    community_id khop1_count khop2_count khop3_count outlier_transactions unique_recipients_count unique_senders_count
    first_activity_timestamp last_activity_timestamp
"""
_FEATURE_FLOATS = "amount_variance amount_skewness amount_kurtosis volume_std volume_cv flow_concentration"
_FEATURE_SCORES = """
    regularity_score burst_factor reciprocity_ratio flow_diversity counterparty_concentration concentration_ratio
    velocity_score structuring_score asset_diversity_score hourly_entropy daily_entropy weekend_transaction_ratio
    night_transaction_ratio small_transaction_ratio consistency_score pagerank betweenness closeness
    clustering_coefficient centrality_score flow_reciprocity_entropy counterparty_stability flow_burstiness
    transaction_regularity amount_predictability behavioral_anomaly_score graph_anomaly_score
    neighborhood_anomaly_score global_anomaly_score suspicious_pattern_score completeness_score quality_score
    outlier_score confidence_score
"""
_FEATURE_FLAGS = """
    is_exchange_like is_whale is_mixer_like is_contract_like is_new_address is_dormant_reactivated
    is_high_volume_trader is_hub_address is_retail_active is_whale_inactive is_retail_inactive is_regular_user
"""

RAW_FEATURES = Table(
    "raw_features",
    key="address",
    columns="\n".join(
        [
            "address String",
            _lines(_FEATURE_COUNTS, "Nullable(UInt64)"),
            _lines(_FEATURE_USD, "Nullable(Decimal(38, 18))"),
            _lines(_FEATURE_FLOATS, "Nullable(Float64)"),
            _lines(_FEATURE_SCORES, "Nullable(Float32)"),
            _lines(_FEATURE_FLAGS, "Nullable(Bool)"),
            "dominant_asset_in LowCardinality(String) DEFAULT ''",
            "dominant_asset_out LowCardinality(String) DEFAULT ''",
            "hourly_activity Array(UInt16)",
            "daily_activity Array(UInt16)",
            "extra_features Map(LowCardinality(String), Float32)",
            "created_at Nullable(DateTime)",
        ]
    ),
)

RAW_CLUSTERS = Table(
    "raw_clusters",
    key="cluster_id",
    columns="""
    cluster_id String
    cluster_type LowCardinality(String)
    primary_address String DEFAULT ''
    pattern_id String DEFAULT ''
    primary_alert_id String DEFAULT ''
    related_alert_ids Array(String)
    addresses_involved Array(String)
    total_alerts Nullable(UInt32)
    total_volume_usd Nullable(Decimal(38, 18))
    severity_max LowCardinality(String) DEFAULT ''
    confidence_avg Nullable(Float32)
    earliest_alert_timestamp Nullable(UInt64)
    latest_alert_timestamp Nullable(UInt64)
    created_at Nullable(DateTime)
    """,
)

RAW_CUSTOM_FEATURES = Table(
    "raw_custom_features",
    key="address",
    columns="""
    address String
    features Map(LowCardinality(String), Float32)
    """,
)

RAW_DERIVED_VOTES = Table(
    "raw_derived_votes",
    key="strategy, address",
    partition="network, processing_date, window_days, strategy",
    columns="""
    strategy LowCardinality(String)
    address String
    vote UInt8
    confidence Float32 DEFAULT 1
    evidence String DEFAULT ''
    """,
)
"""Labels that a Python strategy wrote back (`trainer labels derive`): votes, never gold."""

TRAINED_MODELS = Table(
    "trained_models",
    key="model_id",
    partition="network",
    order="",
    version="created_at",
    has_snapshot_key=False,
    columns="""
    model_id String
    model_type LowCardinality(String)
    version String
    network String
    networks Array(String) DEFAULT splitByChar('+', network)
    window_days UInt16
    training_start_date Date
    training_end_date Date
    created_at DateTime64(3)
    model_path String
    model_name LowCardinality(String)
    label_strategy String
    metrics_json String
    by_network_json String DEFAULT '{}'
    hyperparameters_json String
    feature_names Array(String)
    num_samples UInt32
    num_features UInt16
    test_auc Float32
    cv_auc_mean Float32
    cv_auc_std Float32
    number UInt64 DEFAULT 0
    """,
)


def _written(name: str, row_key: str, value: str, extra: str = "") -> Table:
    """Return a table of predictions, one partition per model and snapshot, so that a re-run replaces only its own rows.

    `build` is the number of the last whole dbt run when the rows were read, see `trainer.warehouse.builds`.
    """
    return Table(
        name,
        key=row_key,
        partition="network, processing_date, window_days, model_id",
        order="network, processing_date, window_days, model_id",
        version="created_at",
        columns=f"""
        {row_key} String
        {value}
        model_id String
        model_version String
        {extra}created_at DateTime64(3)
        build UInt64 DEFAULT 0
        """,
    )


_REASONS = "explain_json String DEFAULT ''\n        "
_TIMING = f"latency_ms Float64\n        {_REASONS}"
ALERT_SCORES = _written("alert_scores", "alert_id", "score Float64", _TIMING)
ALERT_RANKINGS = _written("alert_rankings", "alert_id", "rank Int32", _REASONS)
ADDRESS_SCORES = _written("address_scores", "address", "score Float64", _TIMING)
CLUSTER_SCORES = _written("cluster_scores", "cluster_id", "score Float64", _TIMING)

BUILD_MARKS = Table(
    "build_marks",
    key="node, event",
    partition="event",
    order="",
    version="build",
    has_snapshot_key=False,
    columns="""
    node String
    event LowCardinality(String)
    build UInt64
    invocation_id String
    marked_at DateTime64(3) DEFAULT now64(3)
    """,
)
"""Which models and seeds the dbt runs started and finished, numbered; written by dbt (macros mark_build_…).

The node `whole` stands for all models: finished by the last run that built every one, `marked_at` the time at which that started.
"""

SNAPSHOT_LOADS = Table(
    "snapshot_loads",
    key="table_name",
    partition="network",
    version="loaded_at",
    columns="""
    table_name LowCardinality(String)
    row_count UInt64
    content UInt64
    changed_in UInt64
    files_json String
    loaded_at DateTime64(3)
    """,
)
"""What `trainer ingest` loaded: the files of each table of a snapshot, a hash of its rows whatever their order, and the number
(see `build_marks`) of the load in which that hash changed last."""

RAW_TABLES = (
    RAW_ALERTS,
    RAW_FEATURES,
    RAW_CLUSTERS,
    RAW_MONEY_FLOWS,
    RAW_TRANSFERS,
    ADDRESS_LABELS,
    RAW_ADDRESS_LABELS,
    RAW_STANDING_LABELS,
    RAW_CUSTOM_FEATURES,
    RAW_DERIVED_VOTES,
)
WRITTEN_TABLES = (
    LABEL_HISTORY,
    LABEL_EDITIONS,
    BUILD_MARKS,
    SNAPSHOT_LOADS,
    TRAINED_MODELS,
    ALERT_SCORES,
    ALERT_RANKINGS,
    ADDRESS_SCORES,
    CLUSTER_SCORES,
)
TABLES = {table.name: table for table in RAW_TABLES + WRITTEN_TABLES}


def create_tables(client: Client) -> list[str]:
    """Create the tables that do not exist yet, upgrade those of an earlier version and return the names of all; idempotent."""
    known = client.query("SELECT name FROM system.tables WHERE database = currentDatabase()").result_rows
    for table in TABLES.values():
        if (table.name,) not in known:
            client.command(ddl_of(client, table))
    upgrade_tables(client, TABLES.values())
    set_lifetime(client, TABLES.values())
    return list(TABLES)

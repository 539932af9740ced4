{#- Stored, because many models read it, and what it is made of is dear to read: rows that later ones replace, and spellings. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

{#- Columns of the export that are features as they come, under their own names. -#}
{%- set exported = [
    "degree_in", "degree_out", "degree_total", "unique_counterparties", "tx_in_count", "tx_out_count",
    "tx_total_count", "activity_days", "activity_span_days", "peak_hour", "peak_day", "unique_assets_in",
    "unique_assets_out", "peak_activity_hour", "peak_activity_day", "kcore", "community_id", "khop1_count",
    "khop2_count", "khop3_count", "outlier_transactions", "unique_recipients_count", "unique_senders_count",
    "total_in_usd", "total_out_usd", "net_flow_usd", "total_volume_usd", "avg_tx_in_usd", "avg_tx_out_usd",
    "median_tx_in_usd", "median_tx_out_usd", "max_tx_usd", "min_tx_usd", "avg_daily_volume_usd",
    "khop1_volume_usd", "khop2_volume_usd", "khop3_volume_usd", "amount_variance", "amount_skewness",
    "amount_kurtosis", "volume_std", "volume_cv", "flow_concentration", "regularity_score", "burst_factor",
    "reciprocity_ratio", "flow_diversity", "counterparty_concentration", "concentration_ratio", "velocity_score",
    "structuring_score", "asset_diversity_score", "hourly_entropy", "daily_entropy", "weekend_transaction_ratio",
    "night_transaction_ratio", "small_transaction_ratio", "consistency_score", "pagerank", "betweenness",
    "closeness", "clustering_coefficient", "centrality_score", "flow_reciprocity_entropy",
    "counterparty_stability", "flow_burstiness", "transaction_regularity", "amount_predictability",
    "behavioral_anomaly_score", "graph_anomaly_score", "neighborhood_anomaly_score", "global_anomaly_score",
    "suspicious_pattern_score", "completeness_score", "quality_score", "outlier_score", "is_exchange_like",
    "is_whale", "is_mixer_like", "is_contract_like", "is_new_address", "is_dormant_reactivated",
    "is_high_volume_trader", "is_hub_address", "is_retail_active", "is_whale_inactive", "is_retail_inactive",
    "is_regular_user"
] -%}

with source as (

    select * from {{ latest_rows(source('raw', 'raw_features')) }}

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(source.address)') }} as address,
        {{ address_key('address') }} as address_key,
        -- numbers and flags of the export
        {%- for column in exported %}
        {{ as_feature('source.' ~ column) }} as {{ column }},
        {%- endfor %}
        {{ as_feature('source.confidence_score') }} as feature_confidence_score,
        -- Ages, because an absolute time would give the date away.
        {%- for end in ['first', 'last'] %}
        {{ as_feature(
            "(toUnixTimestamp(toDateTime(processing_date, 'UTC') + interval 1 day) - " ~ end ~ "_activity_timestamp) / 86400"
        ) }} as {{ end }}_activity_age_days,
        {%- endfor %}
        extra_features
    from source

)

select * from renamed

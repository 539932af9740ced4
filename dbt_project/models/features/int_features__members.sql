{#- Features of addresses that describe a cluster, as their mean and their largest value over its addresses. -#}
{%- set aggregated = [
    "degree_in", "degree_out", "tx_total_count", "activity_days", "activity_span_days", "total_volume_usd",
    "net_flow_usd", "max_tx_usd", "volume_cv", "regularity_score", "burst_factor", "reciprocity_ratio",
    "counterparty_concentration", "velocity_score", "structuring_score", "night_transaction_ratio",
    "small_transaction_ratio", "pagerank", "clustering_coefficient", "behavioral_anomaly_score",
    "suspicious_pattern_score", "is_exchange_like", "is_mixer_like", "is_new_address", "is_dormant_reactivated",
    "first_activity_age_days", "last_activity_age_days", "flow_pass_through_ratio", "flow_in_concentration",
    "flow_out_concentration", "flow_holding_days", "flow_counterparty_pass_through_mean",
    "total_volume_usd_percentile", "tx_total_count_zscore"
] -%}

-- One row per cluster with an address that the snapshot has features of.
with addresses as (

    select * from {{ ref('fct_address_features') }}

),

members as (

    -- One row per cluster and address in it.
    select
        cluster_key,
        {{ address_key('member') }} as address_key
    from {{ ref('stg_clusters') }}
    array join addresses as member

),

final as (

    -- mean_of, largest_of and largest_by_key leave out missing values; NaN where all are missing.
    select
        members.cluster_key as cluster_key,
        count() as known_members,
        {%- for column in aggregated %}
        {{ mean_of('addresses.' ~ column) }} as member_{{ column }}_mean,
        {{ largest_of('addresses.' ~ column) }} as member_{{ column }}_max,
        {%- endfor %}
        {{ largest_by_key('addresses.extra_features') }} as extra_features,
        {{ largest_by_key('addresses.custom_features') }} as custom_features
    -- The wide table is on the left, because a join holds its right-hand table in memory.
    from addresses
    inner join members on members.address_key = addresses.address_key
    group by members.cluster_key

)

select * from final

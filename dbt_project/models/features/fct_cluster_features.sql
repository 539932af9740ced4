{{ config(
    materialized='by_snapshot',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, cluster_id)'
) }}

-- One row per cluster: its own features, and means and largest values of those of its addresses.
with clusters as (

    select * from {{ ref('stg_clusters') }}

),

members as (

    select * from {{ ref('int_features__members') }}

),

final as (

    -- as_feature: Float32, missing as NaN. ratio: a quotient, NaN where the denominator is 0 or missing.
    select
        clusters.network as network,
        clusters.processing_date as processing_date,
        clusters.window_days as window_days,
        clusters.cluster_id as cluster_id,
        clusters.cluster_key as cluster_key,
        clusters.addresses as member_addresses,
        toFloat32(length(clusters.addresses)) as cluster_size,
        {{ as_feature('clusters.total_alerts') }} as cluster_total_alerts,
        {{ as_feature('clusters.total_volume_usd') }} as cluster_total_volume_usd,
        {{ as_feature('clusters.severity_max') }} as cluster_severity,
        {{ as_feature('clusters.confidence_avg') }} as cluster_mean_confidence,
        {{ as_feature(ratio('clusters.total_alerts', 'length(clusters.addresses)')) }} as cluster_alerts_per_address,
        {{ as_feature(ratio('clusters.total_volume_usd', 'length(clusters.addresses)')) }} as cluster_volume_per_address_usd,
        -- An age, because an absolute time would give the date away.
        {{ as_feature(
            "(toUnixTimestamp(toDateTime(clusters.processing_date, 'UTC') + interval 1 day) - clusters.earliest_alert) / 86400"
        ) }} as cluster_age_days,
        {{ as_feature('(clusters.latest_alert - clusters.earliest_alert) / 86400') }} as cluster_span_days,
        {{ ratio('ifNull(members.known_members, 0)', 'length(clusters.addresses)') }} as cluster_known_ratio,
        {%- for column in feature_names('int_features__members') %}
        {{ as_feature('members.' ~ column) }} as {{ column }},
        {%- endfor %}
        if(clusters.cluster_type = '', [], [concat('type:', clusters.cluster_type)]) as cluster_tags,
        members.extra_features as extra_features,
        members.custom_features as custom_features
    from clusters
    -- A left join: a cluster none of whose addresses has features stays.
    left join members on members.cluster_key = clusters.cluster_key

)

select * from final

{{ config(
    materialized='table',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, cluster_id)'
) }}

with clusters as (

    select * from {{ ref('stg_clusters') }}

),

members as (

    select
        cluster_key,
        {{ address_key('member') }} as address_key
    from clusters
    array join addresses as member

),

aggregated as (

    select
        members.cluster_key as cluster_key,
        count() as known_members,
        {%- for column in member_columns() %}
        {{ mean_of('addresses.' ~ column) }} as member_{{ column }}_mean,
        {{ largest_of('addresses.' ~ column) }} as member_{{ column }}_max,
        {%- endfor %}
        {{ largest_by_key('addresses.extra_features') }} as extra_features,
        -- With what a user added to the SQL of the address's features.
        {{ largest_by_key(
            with_own_columns('addresses', own_columns(ref('fct_address_features'), all_address_feature_columns()))
        ) }} as custom_features
    -- The wide table streams past the narrow one, which is what the join holds in memory.
    from {{ ref('fct_address_features') }} as addresses
    inner join members on members.address_key = addresses.address_key
    group by members.cluster_key

),

final as (

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
        -- An absolute time would tell the date.
        {{ as_feature(
            "(toUnixTimestamp(toDateTime(clusters.processing_date, 'UTC') + interval 1 day) - clusters.earliest_alert) / 86400"
        ) }} as cluster_age_days,
        {{ as_feature('(clusters.latest_alert - clusters.earliest_alert) / 86400') }} as cluster_span_days,
        {{ ratio('ifNull(aggregated.known_members, 0)', 'length(clusters.addresses)') }} as cluster_known_ratio,
        {%- for column in member_columns() %}
        {%- for kind in ['mean', 'max'] %}
        {{ as_feature('aggregated.member_' ~ column ~ '_' ~ kind) }} as member_{{ column }}_{{ kind }},
        {%- endfor %}
        {%- endfor %}
        if(clusters.cluster_type = '', [], [concat('type:', clusters.cluster_type)]) as cluster_tags,
        aggregated.extra_features as extra_features,
        aggregated.custom_features as custom_features
    from clusters
    left join aggregated on aggregated.cluster_key = clusters.cluster_key

)

select * from final

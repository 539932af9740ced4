-- One row per address in a cluster.
with members as (

    -- One row per cluster and address in it.
    select
        network,
        processing_date,
        window_days,
        address,
        length(addresses) as cluster_addresses,
        total_alerts,
        total_volume_usd,
        severity_max,
        confidence_avg,
        address = primary_address as is_primary
    from {{ ref('stg_clusters') }}
    array join addresses as address

),

final as (

    -- An address in several clusters is described by the largest value of each column. as_feature: Float32, missing as NaN.
    select
        {{ address_key('address') }} as address_key,
        toFloat32(count()) as cluster_count,
        toFloat32(max(cluster_addresses)) as cluster_addresses_max,
        {{ as_feature('max(total_alerts)') }} as cluster_alerts_max,
        {{ as_feature('max(total_volume_usd)') }} as cluster_volume_usd_max,
        {{ as_feature('max(severity_max)') }} as cluster_severity_max,
        {{ as_feature('max(confidence_avg)') }} as cluster_confidence_max,
        toFloat32(max(is_primary)) as is_cluster_primary
    from members
    group by network, processing_date, window_days, address

)

select * from final

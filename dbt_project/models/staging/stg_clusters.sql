with source as (

    select * from {{ source('raw', 'raw_clusters') }} final

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        trim(cluster_id) as cluster_id,
        {{ canonical_address('trim(primary_address)') }} as primary_address,
        arrayDistinct(arrayMap(address -> {{ canonical_address('trim(address)') }}, addresses_involved)) as addresses,
        -- text
        lower(trim(cluster_type)) as cluster_type,
        -- numbers
        toFloat64(total_alerts) as total_alerts,
        toFloat64(total_volume_usd) as total_volume_usd,
        toFloat32({{ severity_level('severity_max') }}) as severity_max,
        confidence_avg
    from source

)

select * from renamed

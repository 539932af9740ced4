{#- Stored, because many models read it, and what it is made of is dear to read: rows that later ones replace, and spellings. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='(network, window_days, processing_date, cluster_id)') }}

with source as (

    select * from {{ latest_rows(source('raw', 'raw_clusters')) }}

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        trim(source.cluster_id) as cluster_id,
        {{ address_key('cluster_id') }} as cluster_key,
        {{ canonical_address('trim(primary_address)') }} as primary_address,
        arrayDistinct(arrayMap(address -> {{ canonical_address('trim(address)') }}, addresses_involved)) as addresses,
        -- text
        lower(trim(cluster_type)) as cluster_type,
        -- numbers
        toFloat64(total_alerts) as total_alerts,
        toFloat64(total_volume_usd) as total_volume_usd,
        -- Cast, because the level of a LowCardinality word is a LowCardinality number, which a table refuses by default.
        cast({{ severity_level('severity_max') }} as Nullable(Float32)) as severity_max,
        confidence_avg,
        -- seconds since 1970
        toFloat64(earliest_alert_timestamp) as earliest_alert,
        toFloat64(latest_alert_timestamp) as latest_alert
    from source

)

select * from renamed

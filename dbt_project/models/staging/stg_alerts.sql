{#- Stored, because three models read it and choosing a row per alert id is slow. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='(network, window_days, processing_date, alert_id)') }}

with source as (

    select * from {{ latest_rows(source('raw', 'raw_alerts')) }}

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        trim(alert_id) as alert_id,
        {{ canonical_address('trim(address)') }} as address,
        -- text
        lower(trim(typology_type)) as typology_type,
        lower(trim(pattern_type)) as pattern_type,
        lower(trim(suspected_address_type)) as suspected_address_type,
        arrayMap(indicator -> lower(trim(indicator)), risk_indicators) as risk_indicators,
        -- numbers
        toFloat32({{ severity_level('severity') }}) as severity,
        if(isFinite(alert_confidence_score), alert_confidence_score, null) as confidence_score,
        toFloat64(volume_usd) as volume_usd,
        -- flags
        pattern_id != '' or pattern_type != '' as has_pattern
    from source

),

ranked as (

    -- An alert id repeats, once per typology. The row with the highest severity is kept, then the most confident, then the last
    -- by typology and address.
    select
        toLowCardinality(any(renamed.network)) as network,
        any(renamed.processing_date) as processing_date,
        any(renamed.window_days) as window_days,
        any(renamed.alert_id) as alert_id,
        argMax(
            tuple(
                renamed.address,
                renamed.typology_type,
                renamed.pattern_type,
                renamed.suspected_address_type,
                renamed.confidence_score,
                renamed.volume_usd
            ),
            tuple(ifNull(renamed.severity, 0), ifNull(renamed.confidence_score, 0), renamed.typology_type, renamed.address)
        ) as kept,
        max(renamed.severity) as severity_max,
        max(renamed.has_pattern) as names_pattern,
        arraySort(groupUniqArrayArray(renamed.risk_indicators)) as all_indicators,
        arraySort(groupUniqArray(renamed.typology_type)) as typologies
    from renamed
    -- One number instead of a four-part key, for speed; the test of uniqueness would show a collision.
    group by cityHash64(renamed.network, renamed.processing_date, renamed.window_days, renamed.alert_id)

),

final as (

    select
        network,
        processing_date,
        window_days,
        alert_id,
        kept.1 as address,
        {{ address_key('kept.1') }} as address_key,
        kept.2 as typology_type,
        kept.3 as pattern_type,
        kept.4 as suspected_address_type,
        kept.5 as confidence_score,
        kept.6 as volume_usd,
        severity_max as severity,
        names_pattern as has_pattern,
        all_indicators as risk_indicators,
        typologies
    from ranked

)

select * from final

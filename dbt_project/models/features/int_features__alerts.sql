-- One row per alert.
with alerts as (

    select * from {{ ref('stg_alerts') }}

),

alerted_addresses as (

    -- One row per address with an alert; address_key is one address in one snapshot.
    select
        address_key,
        count() as alert_count,
        uniqExact(typology_type) as typology_count,
        max(severity) as severity_max,
        max(confidence_score) as confidence_max
    from alerts
    group by address_key

),

typologies as (

    -- One row per snapshot and typology, with its share of the snapshot's alerts.
    select
        network,
        processing_date,
        window_days,
        typology_type,
        count() / sum(count()) over (partition by network, processing_date, window_days) as typology_ratio
    from alerts
    group by network, processing_date, window_days, typology_type

),

final as (

    -- as_feature: Float32, missing as NaN. ratio: a quotient, NaN where the denominator is 0 or missing.
    select
        alerts.network as network,
        alerts.processing_date as processing_date,
        alerts.window_days as window_days,
        alerts.alert_id as alert_id,
        alerts.address as address,
        alerts.address_key as address_key,
        {{ as_feature('alerts.confidence_score') }} as alert_confidence_score,
        {{ as_feature('alerts.volume_usd') }} as alert_volume_usd,
        {{ as_feature(ratio('alert_volume_usd', 'volumes.total_volume_usd')) }} as alert_volume_ratio,
        {{ as_feature('alerts.severity') }} as alert_severity,
        toFloat32(length(alerts.risk_indicators)) as alert_indicator_count,
        toFloat32(alerts.has_pattern) as alert_has_pattern,
        toFloat32(length(alerts.typologies)) as alert_typology_count,
        toFloat32(typologies.typology_ratio) as alert_typology_ratio,
        toFloat32(alerted_addresses.alert_count) as alert_address_alert_count,
        toFloat32(alerted_addresses.typology_count) as alert_address_typology_count,
        {{ as_feature('alerted_addresses.severity_max') }} as alert_address_severity_max,
        {{ as_feature('alerted_addresses.confidence_max') }} as alert_address_confidence_max,
        -- What the alert names, as a set: each member that is frequent enough becomes a 0/1 feature.
        arraySort(arrayDistinct(arrayFilter(
            tag -> not endsWith(tag, ':'),
            arrayConcat(
                arrayMap(typology -> concat('typology:', typology), alerts.typologies),
                arrayMap(indicator -> concat('indicator:', indicator), alerts.risk_indicators),
                [
                    concat('pattern:', alerts.pattern_type),
                    concat('suspected:', alerts.suspected_address_type)
                ]
            )
        ))) as alert_tags
    from alerts
    inner join alerted_addresses on alerted_addresses.address_key = alerts.address_key
    inner join typologies
        on typologies.network = alerts.network
        and typologies.processing_date = alerts.processing_date
        and typologies.window_days = alerts.window_days
        and typologies.typology_type = alerts.typology_type
    -- An alert on an address that the export has no features of stays; its share of the volume is missing.
    left join {{ ref('stg_features') }} as volumes on volumes.address_key = alerts.address_key

)

select * from final

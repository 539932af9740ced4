{%- set grave = var('severe_typology_names') %}

with addresses as (

    select
        network,
        processing_date,
        window_days,
        address,
        arraySort(groupUniqArrayArray(arrayIntersect(typologies, {{ grave }}))) as grave_typologies,
        max(severity) as severity_max
    from {{ ref('stg_alerts') }}
    where hasAny(typologies, {{ grave }})
    group by network, processing_date, window_days, address

),

final as (

    select
        network,
        processing_date,
        window_days,
        address,
        toUInt8(1) as vote,
        {{ clarity('length(grave_typologies)', var('severe_typology_count'), grave | length) }} as confidence,
        arrayStringConcat(grave_typologies, ', ') as evidence
    from addresses
    where
        length(grave_typologies) >= {{ var('severe_typology_count') }}
        and severity_max >= {{ var('severe_typology_severity') }}

)

select * from final

-- One row per address that the rule votes risky (1); on all other addresses it abstains. int_label_votes adds address_key.
{%- set severe = var('severe_typology_names') %}

with addresses as (

    -- One row per address with an alert of a severe typology.
    select
        network,
        processing_date,
        window_days,
        address,
        arraySort(groupUniqArrayArray(arrayIntersect(typologies, {{ severe }}))) as severe_typologies,
        max(severity) as severity_max
    from {{ ref('stg_alerts') }}
    where hasAny(typologies, {{ severe }})
    group by network, processing_date, window_days, address

),

final as (

    select
        network,
        processing_date,
        window_days,
        address,
        toUInt8(1) as vote,
        -- clarity: 0.5 at the threshold, rising linearly to 1 where it has all severe typologies.
        {{ clarity('length(severe_typologies)', var('severe_typology_count'), severe | length) }} as confidence,
        arrayStringConcat(severe_typologies, ', ') as evidence
    from addresses
    where
        length(severe_typologies) >= {{ var('severe_typology_count') }}
        and severity_max >= {{ var('severe_typology_severity') }}

)

select * from final

{#- Stored, because both neighbours of a flow look their ranks up in it. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

{%- set features = neighbour_features() %}

-- One row per address of the snapshot, with the percentile of each feature that the neighbours' statistics are about.
with addresses as (

    select
        {%- for feature in features %}
        {{ as_feature(feature) }} as {{ feature }},
        {%- endfor %}
        features.address_key as address_key,
        {{ snapshot_key('features') }} as snapshot_key
    from {{ ref('stg_features') }} as features
    left join {{ ref('int_features__flows') }} as flows on flows.address_key = features.address_key
    where {{ computes_family('neighbours') }}

),

snapshots as (

    -- Over the whole snapshot, labelled or not, so that training and scoring see the same ranks.
    select
        {%- for feature in features %}
        {{ rank_limits(feature) }} as {{ feature }}_limits,
        {%- endfor %}
        snapshot_key
    from addresses
    group by snapshot_key

),

final as (

    -- The largest quantile below the value, in percent; 255 where the value is missing.
    select
        {%- for feature in features %}
        toUInt8(if(
            isFinite(addresses.{{ feature }}),
            5 * arrayCount(lower -> lower < addresses.{{ feature }}, snapshots.{{ feature }}_limits),
            255
        )) as {{ feature }},
        {%- endfor %}
        addresses.address_key as address_key,
        addresses.snapshot_key as snapshot_key
    from addresses
    inner join snapshots on snapshots.snapshot_key = addresses.snapshot_key

)

select * from final

{%- set own_models = var('address_feature_models', []) -%}
{{ config(
    materialized='by_snapshot',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, address)'
) }}

-- One row per address: the features that the export has and those that the families int_features__* compute.
with addresses as (

    select * from {{ ref('stg_features') }}

),

flows as (

    select * from {{ ref('int_features__flows') }}

),

neighbours as (

    select * from {{ ref('int_features__neighbours') }}

),

motifs as (

    select * from {{ ref('int_features__motifs') }}

),

fans as (

    select * from {{ ref('int_features__fans') }}

),

relays as (

    select * from {{ ref('int_features__relays') }}

),

transfers as (

    select * from {{ ref('int_features__transfers') }}

),

clusters as (

    select * from {{ ref('int_features__clusters') }}

),

population as (

    select * from {{ ref('int_features__population') }}

),

custom as (

    select * from {{ ref('stg_custom_features') }}

),
{%- if own_models %}

own as ( -- noqa: ST03

    {{ own_features(own_models, 'address') }}

),
{%- endif %}

final as (

    -- as_feature: an address without a row in a family's model gets NULL from the join, and a missing feature is NaN.
    select
        addresses.network as network,
        addresses.processing_date as processing_date,
        addresses.window_days as window_days,
        addresses.address as address,
        addresses.address_key as address_key,
        {%- for column in feature_names('stg_features') %}
        addresses.{{ column }} as {{ column }},
        {%- endfor %}
        {%- for family in ['flows', 'neighbours', 'motifs', 'fans', 'relays', 'transfers'] %}
        {%- for column in feature_names('int_features__' ~ family) %}
        {{ as_feature(family ~ '.' ~ column) }} as {{ column }},
        {%- endfor %}
        {%- endfor %}
        {%- for column in feature_names('int_features__clusters') %}
        {%- if column in ['cluster_count', 'is_cluster_primary'] %}
        -- An address without a row is known to be in no cluster: 0, not missing.
        ifNull(clusters.{{ column }}, toFloat32(0)) as {{ column }},
        {%- else %}
        {{ as_feature('clusters.' ~ column) }} as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- for column in feature_names('int_features__population') %}
        {{ as_feature('population.' ~ column) }} as {{ column }},
        {%- endfor %}
        addresses.extra_features as extra_features,
        {{ with_own_features('custom.custom_features') if own_models else 'custom.custom_features' }} as custom_features
    -- The wide table is on the left, because a join holds its right-hand table in memory.
    from addresses
    left join flows on flows.address_key = addresses.address_key
    left join neighbours on neighbours.address_key = addresses.address_key
    left join motifs on motifs.address_key = addresses.address_key
    left join fans on fans.address_key = addresses.address_key
    left join relays on relays.address_key = addresses.address_key
    left join transfers on transfers.address_key = addresses.address_key
    left join clusters on clusters.address_key = addresses.address_key
    left join population on population.address_key = addresses.address_key
    left join custom on custom.address_key = addresses.address_key
    {%- if own_models %}
    left join own on own.own_key = {{ own_key('address', 'addresses') }}
    {%- endif %}

)

select * from final

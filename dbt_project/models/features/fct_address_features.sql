{{ config(
    materialized='table',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, address)'
) }}

{#- Float32 and NaN throughout: a missed join gives NULL, which must not become 0. -#}
with final as (

    select
        addresses.network as network,
        addresses.processing_date as processing_date,
        addresses.window_days as window_days,
        addresses.address as address,
        addresses.address_key as address_key,
        {%- for column in address_feature_columns() %}
        addresses.{{ column }} as {{ column }},
        {%- endfor %}
        {%- for column in flow_feature_columns() %}
        {{ as_feature('flows.' ~ column) }} as {{ column }},
        {%- endfor %}
        {%- for column in cluster_feature_columns() %}
        {%- if column in ['cluster_count', 'is_cluster_primary'] %}
        -- In no cluster is a fact, not a gap.
        ifNull(clusters.{{ column }}, toFloat32(0)) as {{ column }},
        {%- else %}
        {{ as_feature('clusters.' ~ column) }} as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- for column in population_feature_columns() %}
        {{ as_feature('population.' ~ column) }} as {{ column }},
        {%- endfor %}
        addresses.extra_features as extra_features,
        custom.custom_features as custom_features
    -- The wide table streams past the narrow ones, which are what the joins hold in memory.
    from {{ ref('stg_features') }} as addresses
    left join {{ ref('int_features__flows') }} as flows on flows.address_key = addresses.address_key
    left join {{ ref('int_features__clusters') }} as clusters on clusters.address_key = addresses.address_key
    left join {{ ref('int_features__population') }} as population on population.address_key = addresses.address_key
    left join {{ ref('stg_custom_features') }} as custom on custom.address_key = addresses.address_key

)

select * from final

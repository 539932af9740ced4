{{ config(
    materialized='table',
    engine='MergeTree()',
    order_by='address_key',
    query_settings={'optimize_aggregation_in_order': 1}
) }}

{%- set features = neighbour_features() %}

-- One row per address with a counterparty that has features.
with sums as (

    -- Two hops: the means of its counterparties' counterparties. It is one of them itself.
    select
        flows.address_key as address_key
        {%- for feature in features %},
        sum({{ weighted_rank('one_hop.counterparties_' ~ feature, 65535) }}) as {{ feature }}
        {%- endfor %}
    from {{ ref('int_neighbours__flows') }} as flows
    inner join {{ ref('int_neighbours__one_hop') }} as one_hop on one_hop.address_key = flows.counterparty_key
    group by flows.address_key

),

two_hops as (

    select
        address_key
        {%- for feature in features %},
        {{ mean_rank(feature, 1) }} as {{ feature }}
        {%- endfor %}
    from sums

),

final as (

    -- As shares; NaN where the feature is missing of all of them, or left out by the var neighbour_features.
    select
        two_hops.address_key as address_key
        {%- for feature in declared_neighbour_features() %}
        {%- for statistic, value in [
            ('payers', 'one_hop.payers_' ~ feature), ('payees', 'one_hop.payees_' ~ feature), ('two_hop', 'two_hops.' ~ feature)
        ] %},
        {%- if feature in features %}
        {{ as_feature('nullIf(' ~ value ~ ', 65535) / 10000') }} as {{ statistic }}_{{ feature }}
        {%- else %}
        toFloat32(nan) as {{ statistic }}_{{ feature }}
        {%- endif %}
        {%- endfor %}
        {%- endfor %}
    from two_hops
    left join {{ ref('int_neighbours__one_hop') }} as one_hop on one_hop.address_key = two_hops.address_key

)

select * from final

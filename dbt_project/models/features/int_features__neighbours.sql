{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

{%- set features = neighbour_features() %}

-- One row per address with a counterparty that has features.
with sums as (

    -- Two hops: the means of its counterparties' counterparties. It is one of them itself.
    select
        {%- for feature in features %}
        sum({{ weighted_rank('one_hop.counterparties_' ~ feature, 65535) }}) as {{ feature }},
        {%- endfor %}
        any(flows.snapshot_key) as snapshot_key,
        flows.address_key as address_key
    from {{ ref('int_neighbours__flows') }} as flows
    inner join {{ ref('int_neighbours__one_hop') }} as one_hop on one_hop.address_key = flows.counterparty_key
    group by flows.address_key

),

two_hops as (

    select
        {%- for feature in features %}
        {{ mean_rank(feature, 1) }} as {{ feature }},
        {%- endfor %}
        snapshot_key,
        address_key
    from sums

),

final as (

    -- As shares; NaN where the feature is missing of all of them, or left out by the var neighbour_features.
    select
        {%- for feature in declared_neighbour_features() %}
        {%- if feature in features %}
        {{ as_feature('nullIf(one_hop.payers_' ~ feature ~ ', 65535) / 10000') }} as payers_{{ feature }},
        {{ as_feature('nullIf(one_hop.payees_' ~ feature ~ ', 65535) / 10000') }} as payees_{{ feature }},
        {{ as_feature('nullIf(two_hops.' ~ feature ~ ', 65535) / 10000') }} as two_hop_{{ feature }},
        {%- else %}
        toFloat32(nan) as payers_{{ feature }},
        toFloat32(nan) as payees_{{ feature }},
        toFloat32(nan) as two_hop_{{ feature }},
        {%- endif %}
        {%- endfor %}
        two_hops.snapshot_key as snapshot_key,
        two_hops.address_key as address_key
    from two_hops
    left join {{ ref('int_neighbours__one_hop') }} as one_hop on one_hop.address_key = two_hops.address_key

)

select * from final

{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

{%- set features = neighbour_features() %}

-- One row per address with a counterparty that has features: the weighted means of its payers', its payees' and of all its
-- counterparties' ranks, in hundredths of a percent.
with sums as (

    select
        {%- for feature in features %}
        sumIf({{ weighted_rank('ranks.' ~ feature, 255) }}, flows.is_out = 0) as {{ feature }}_in,
        sumIf({{ weighted_rank('ranks.' ~ feature, 255) }}, flows.is_out = 1) as {{ feature }}_out,
        {%- endfor %}
        any(flows.snapshot_key) as snapshot_key,
        flows.address_key as address_key
    from {{ ref('int_neighbours__flows') }} as flows
    inner join {{ ref('int_neighbours__ranks') }} as ranks on ranks.address_key = flows.counterparty_key
    group by flows.address_key

),

final as (

    select
        {%- for feature in features %}
        {{ mean_rank(feature ~ '_in', 100) }} as payers_{{ feature }},
        {{ mean_rank(feature ~ '_out', 100) }} as payees_{{ feature }},
        {{ mean_rank('(' ~ feature ~ '_in + ' ~ feature ~ '_out)', 100) }} as counterparties_{{ feature }},
        {%- endfor %}
        snapshot_key,
        address_key
    from sums

)

select * from final

{#- Stored, because two models sum over it, and sorted, so that the rows of an address are summed one after the other. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

-- The sides of flows that count for the neighbours' statistics, with a weight that grows with the logarithm of the volume.
with sides as (

    select
        snapshot_key,
        address_key,
        counterparty_key,
        is_out,
        cents
    from {{ ref('int_flow_sides') }}
    where {{ computes_family('neighbours') }}

),

kept as (

    -- Of a hub's counterparties, only those with the largest volumes in each direction count; others keep them all.
    select
        snapshot_key,
        address_key,
        counterparty_key,
        is_out,
        cents
    from sides
    order by address_key asc, is_out asc, cents desc nulls last, counterparty_key asc
    limit {{ var('neighbour_flows') }} by address_key, is_out

),

final as (

    -- 1 for a flow of less than a dollar or of unknown volume, 16 from three million dollars on. A whole number, because sums of
    -- integers do not depend on the order of rows.
    select
        snapshot_key,
        address_key,
        counterparty_key,
        is_out,
        toUInt8(1 + least(round(log1p(ifNull(cents, 0) / 100)), 15)) as weight
    from kept

)

select * from final

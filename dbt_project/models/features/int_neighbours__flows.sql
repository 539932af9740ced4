{#- Stored, because two models sum over it, and sorted, so that the rows of an address are summed one after the other. -#}
{{ config(materialized='table', engine='MergeTree()', order_by='address_key') }}

-- Two rows per flow between two addresses, the sender's and the recipient's, with a weight that grows with the logarithm of the
-- volume.
with sides as (

    select
        side.1 as address_key,
        side.2 as counterparty_key,
        side.3 as is_out,
        volume_usd
    from {{ ref('stg_money_flows') }}
    array join [(from_key, to_key, toUInt8(1)), (to_key, from_key, toUInt8(0))] as side
    -- A flow from an address to itself has no counterparty.
    where from_key != to_key and {{ computes_family('neighbours') }}

),

kept as (

    -- Of a hub's counterparties, only those with the largest volumes in each direction count; others keep them all.
    select
        address_key,
        counterparty_key,
        is_out,
        volume_usd
    from sides
    order by address_key asc, is_out asc, volume_usd desc nulls last, counterparty_key asc
    limit {{ var('neighbour_flows') }} by address_key, is_out

),

final as (

    -- 1 for a flow of less than a dollar or of unknown volume, 16 from three million dollars on. A whole number, because sums of
    -- integers do not depend on the order of rows.
    select
        address_key,
        counterparty_key,
        is_out,
        toUInt8(1 + ifNull(least(round(log1p(greatest(volume_usd, 0))), 15), 0)) as weight
    from kept

)

select * from final

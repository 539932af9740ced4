{#- Stored, because several families read it, and sorted, so that the flows of an address lie together. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

-- Two rows per flow between two addresses, the sender's and the recipient's: both directions of an address in one pass.
with flows as (

    -- One row per sender and recipient: all transfers from one to the other in the snapshot's window. Amounts are in whole cents,
    -- because sums of integers do not depend on the order of rows.
    select
        {{ snapshot_key() }} as snapshot_key,
        from_key,
        to_key,
        {{ whole_cents('volume_usd') }} as cents,
        tx_count,
        active_days,
        first_seen,
        last_seen
    from {{ ref('stg_money_flows') }}
    -- A flow from an address to itself has no counterparty.
    where from_key != to_key

),

final as (

    select
        snapshot_key,
        address_key,
        counterparty_key,
        is_out,
        cents,
        tx_count,
        active_days,
        first_seen,
        last_seen
    from flows
    array join
        [from_key, to_key] as address_key,
        [to_key, from_key] as counterparty_key,
        [toUInt8(1), toUInt8(0)] as is_out

)

select * from final

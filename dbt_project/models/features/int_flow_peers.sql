{#- Stored, because every family of patterns reads it. -#}
{{ config(materialized='table', engine='MergeTree()', order_by='address_key') }}

{%- set limit = var('pattern_peers') | int %}

-- One row per address with a flow to or from another address: its flows, and where there are many only the largest, so that
-- patterns that are made of pairs of flows cost little at hubs, too.
with flows as (

    -- One row per sender and recipient. Amounts are in whole cents, because sums of integers do not depend on the order of rows;
    -- an unknown amount ranks as 0. A flow from an address to itself has no counterparty.
    select
        from_key,
        to_key,
        ifNull({{ whole_cents('volume_usd') }}, 0) as cents,
        toUInt32(ifNull(first_seen, 0)) as first_seen,
        toUInt32(ifNull(last_seen, 0)) as last_seen
    from {{ ref('stg_money_flows') }}
    where {{ computes_family('motifs', 'fans', 'relays') }} and from_key != to_key

),

sides as (

    -- Two rows per flow, the sender's and the recipient's: both directions of an address in one pass over the flows.
    select
        address_key,
        is_out,
        (cents, peer_key, first_seen, last_seen) as flow
    from flows
    array join
        [from_key, to_key] as address_key,
        [to_key, from_key] as peer_key,
        [1, 0] as is_out

),

per_address as (

    select
        address_key,
        arrayReverseSort(groupArrayIf(flow, is_out = 0)) as all_in,
        arrayReverseSort(groupArrayIf(flow, is_out = 1)) as all_out
    from sides
    group by address_key

),

final as (

    -- The floor is the largest volume that no longer counts; flows that tie with it do not count either, so that the choice does
    -- not depend on how addresses are named.
    select
        address_key,
        toUInt32(length(all_in)) as in_pairs,
        toUInt32(length(all_out)) as out_pairs,
        if(in_pairs > {{ limit }}, toInt64(tupleElement(all_in[{{ limit + 1 }}], 1)), -1) as in_floor,
        if(out_pairs > {{ limit }}, toInt64(tupleElement(all_out[{{ limit + 1 }}], 1)), -1) as out_floor,
        arrayFilter(flow -> toInt64(flow.1) > in_floor, all_in) as in_flows,
        arrayFilter(flow -> toInt64(flow.1) > out_floor, all_out) as out_flows
    from per_address

)

select * from final

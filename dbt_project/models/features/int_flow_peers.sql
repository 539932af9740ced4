{#- Stored, because every family of patterns reads it. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

{%- set limit = var('pattern_peers') | int %}

-- One row per address with a flow to or from another address: its flows, and where there are many only the largest, so that
-- patterns that are made of pairs of flows cost little at hubs, too.
with sides as (

    -- An unknown amount ranks as 0.
    select
        snapshot_key,
        address_key,
        is_out,
        (ifNull(cents, 0), counterparty_key, toUInt32(ifNull(first_seen, 0)), toUInt32(ifNull(last_seen, 0))) as flow
    from {{ ref('int_flow_sides') }}
    where {{ computes_family('motifs', 'fans', 'relays') }}

),

per_address as (

    select
        any(snapshot_key) as snapshot_key,
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
        snapshot_key,
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

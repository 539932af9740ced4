{#- Stored, because two families read it, one of them several times. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

-- One row per address, flow to it and flow from it that may carry the same money on.
with incoming as (

    select
        snapshot_key,
        address_key,
        inflow,
        out_flows
    from {{ ref('int_flow_peers') }}
    array join in_flows as inflow
    where notEmpty(out_flows)

),

relayed as (

    -- Of the outgoing flows those to another address that do not end before the money came, do not begin long after, and are of
    -- a similar amount. A flow stands for all transfers from one address to another, so that its first and its last count.
    select
        snapshot_key,
        address_key,
        inflow,
        arrayFilter(
            flow -> flow.2 != inflow.2
            and flow.4 >= inflow.3
            and flow.3 <= inflow.4 + {{ var('relay_days') }} * 86400
            and flow.1 >= greatest(inflow.1 * {{ var('relay_min_ratio') }}, 1)
            and flow.1 <= inflow.1 * {{ var('relay_max_ratio') }},
            out_flows
        ) as matching
    from incoming

),

final as (

    select
        snapshot_key,
        inflow.2 as payer_key,
        address_key,
        outflow.2 as payee_key,
        inflow.1 as in_cents,
        outflow.1 as out_cents,
        toUInt32(if(outflow.3 > inflow.4, outflow.3 - inflow.4, 0)) as holding_seconds,
        outflow_number = 1 as is_first
    from relayed
    array join
        matching as outflow,
        arrayEnumerate(matching) as outflow_number

)

select * from final

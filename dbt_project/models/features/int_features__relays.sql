{#- Stored, because a join with an unstored aggregate is planned badly. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

{%- set rounds = var('relay_hops') | int %}

-- One row per address with a flow to or from another address: what it seems to pass on of what it is paid.
with peers as (

    select
        snapshot_key,
        address_key,
        in_pairs,
        arraySum(flow -> toUInt128(flow.1), in_flows) as in_cents
    from {{ ref('int_flow_peers') }}

),

relays as (

    select
        payer_key,
        address_key,
        payee_key,
        in_cents,
        out_cents,
        holding_seconds,
        is_first
    from {{ ref('int_relayed_flows') }}

),

-- Hops: the longest chain of relays that goes on from a flow, or that leads up to one, from round to round one hop longer. A
-- round reads the one before it once, because the engine runs a step as often as it is read.
after_1 as (

    select
        payer_key,
        address_key,
        1 as hops
    from relays
    group by payer_key, address_key

),

before_1 as (

    select
        address_key,
        payee_key,
        1 as hops
    from relays
    group by address_key, payee_key

),
{%- for round in range(2, rounds + 1) %}

after_{{ round }} as (

    select
        relays.payer_key as payer_key,
        relays.address_key as address_key,
        max(1 + ifNull(after_{{ round - 1 }}.hops, 0)) as hops
    from relays
    left join after_{{ round - 1 }}
        on after_{{ round - 1 }}.payer_key = relays.address_key and after_{{ round - 1 }}.address_key = relays.payee_key
    group by relays.payer_key, relays.address_key

),

before_{{ round }} as (

    select
        relays.address_key as address_key,
        relays.payee_key as payee_key,
        max(1 + ifNull(before_{{ round - 1 }}.hops, 0)) as hops
    from relays
    left join before_{{ round - 1 }}
        on before_{{ round - 1 }}.address_key = relays.payer_key and before_{{ round - 1 }}.payee_key = relays.address_key
    group by relays.address_key, relays.payee_key

),
{%- endfor %}

hops as (

    select
        address_key,
        max(hops_after) as hops_after,
        max(hops_before) as hops_before
    from (
        select
            address_key,
            hops as hops_after,
            0 as hops_before
        from after_{{ rounds }}
        union all
        select
            address_key,
            0 as hops_after,
            hops as hops_before
        from before_{{ rounds }}
    )
    group by address_key

),

per_address as (

    select
        address_key,
        sumIf(toUInt128(in_cents), is_first) as relayed_cents,
        min(holding_seconds) as shortest_seconds,
        max(least(out_cents / in_cents, 1)) as closest,
        max(least(in_cents, out_cents)) as largest_cents
    from relays
    group by address_key

),

final as (

    -- as_feature: Float32, missing as NaN. ratio: a quotient, NaN where the denominator is 0 or missing. An address without a
    -- relay gets NULL from the joins: its counts are 0, and what a relay would be like is missing.
    select
        peers.snapshot_key as snapshot_key,
        peers.address_key as address_key,
        {{ ratio('toFloat64(ifNull(per_address.relayed_cents, 0))', 'toFloat64(peers.in_cents)') }} as relay_in_ratio,
        {{ as_feature('per_address.largest_cents / 100') }} as relay_largest_usd,
        {{ as_feature('per_address.closest') }} as relay_closest_ratio,
        {{ as_feature('per_address.shortest_seconds / 86400') }} as relay_shortest_days,
        toFloat32(ifNull(hops.hops_before, 0)) as relay_hops_before,
        toFloat32(ifNull(hops.hops_after, 0)) as relay_hops_after
    from peers
    left join per_address on per_address.address_key = peers.address_key
    left join hops on hops.address_key = peers.address_key

)

select * from final

{#- Stored, because a join with an unstored aggregate is planned badly. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

{%- set limit = var('pattern_peers') | int %}

-- One row per address with a transfer to or from another address: what it passes on, and goes round, in the order of time.
with transfers as (

    -- Amounts are in whole cents, because sums of integers do not depend on the order of rows. A transfer of unknown time has no
    -- place in the order, and one of unknown amount cannot be followed.
    select
        {{ snapshot_key() }} as snapshot_key,
        from_key,
        to_key,
        assumeNotNull({{ whole_cents('toFloat64(amount_usd)') }}) as cents,
        toUInt32(assumeNotNull(happened)) as happened
    from {{ ref('stg_transfers') }}
    where from_key != to_key and amount_usd is not null and happened is not null

),

sides as (

    select
        snapshot_key,
        address_key,
        is_out,
        (cents, peer_key, happened) as transfer
    from transfers
    array join
        [from_key, to_key] as address_key,
        [to_key, from_key] as peer_key,
        [1, 0] as is_out

),

per_address as (

    -- The largest transfers first.
    select
        any(snapshot_key) as snapshot_key,
        address_key,
        arrayReverseSort(groupArrayIf(transfer, is_out = 0)) as all_in,
        arrayReverseSort(groupArrayIf(transfer, is_out = 1)) as all_out
    from sides
    group by address_key

),

peers as (

    -- Of more transfers than the limit those count that are larger than the first that is too many, as in int_flow_peers.
    select
        snapshot_key,
        address_key,
        if(length(all_in) > {{ limit }}, toInt64(tupleElement(all_in[{{ limit + 1 }}], 1)), -1) as in_floor,
        if(length(all_out) > {{ limit }}, toInt64(tupleElement(all_out[{{ limit + 1 }}], 1)), -1) as out_floor,
        arrayFilter(transfer -> toInt64(transfer.1) > in_floor, all_in) as ins,
        arrayFilter(transfer -> toInt64(transfer.1) > out_floor, all_out) as outs,
        arraySum(transfer -> toUInt128(transfer.1), ins) as in_cents
    from per_address

),

incoming as (

    select
        address_key,
        payer,
        outs
    from peers
    array join ins as payer

),

relayed as (

    -- Of the outgoing transfers those soon after the incoming one, to another address and of a similar amount.
    select
        address_key,
        payer,
        arrayFilter(
            payee -> payee.2 != payer.2
            and payee.3 >= payer.3
            and payee.3 <= payer.3 + {{ var('relay_days') }} * 86400
            and payee.1 >= greatest(payer.1 * {{ var('relay_min_ratio') }}, 1)
            and payee.1 <= payer.1 * {{ var('relay_max_ratio') }},
            outs
        ) as payees
    from incoming

),

relays as (

    select
        address_key,
        payer.2 as payer_key,
        payee.2 as payee_key,
        payer.1 as in_cents,
        payer.3 as paid_in,
        payee.3 as paid_out,
        payee_number = 1 as is_first
    from relayed
    array join
        payees as payee,
        arrayEnumerate(payees) as payee_number

),

relay_counts as (

    select
        address_key,
        uniqExact(payer_key) as payers,
        sumIf(toUInt128(in_cents), is_first) as relayed_cents,
        min(paid_out - paid_in) as shortest_seconds
    from relays
    group by address_key

),

outgoing as (

    select
        address_key,
        payee.2 as payee_key,
        payee.3 as paid_out
    from peers
    array join outs as payee

),

cycles as (

    -- Relays whose recipient soon pays the first payer.
    select
        relays.payer_key as payer_key,
        relays.address_key as address_key,
        relays.payee_key as payee_key
    from relays
    inner join outgoing on outgoing.address_key = relays.payee_key and outgoing.payee_key = relays.payer_key
    where
        outgoing.paid_out >= relays.paid_out
        and outgoing.paid_out <= relays.paid_out + {{ var('relay_days') }} * 86400
    group by payer_key, address_key, payee_key

),

cycle_counts as (

    select
        arrayJoin([payer_key, address_key, payee_key]) as member_key,
        count() as cycles
    from cycles
    group by member_key

),

final as (

    -- as_feature: Float32, missing as NaN. ratio: a quotient, NaN where the denominator is 0 or missing. An address without a
    -- relay or a cycle gets NULL from the joins: its counts are 0.
    select
        peers.snapshot_key as snapshot_key,
        peers.address_key as address_key,
        toFloat32(ifNull(relay_counts.payers, 0)) as transfer_relayed_payers,
        {{ ratio('toFloat64(ifNull(relay_counts.relayed_cents, 0))', 'toFloat64(peers.in_cents)') }} as transfer_relay_in_ratio,
        {{ as_feature('relay_counts.shortest_seconds / 86400') }} as transfer_shortest_days,
        toFloat32(ifNull(cycle_counts.cycles, 0)) as transfer_cycles
    from peers
    left join relay_counts on relay_counts.address_key = peers.address_key
    left join cycle_counts on cycle_counts.member_key = peers.address_key

)

select * from final

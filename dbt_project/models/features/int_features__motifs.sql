{#- Stored, because a join with an unstored aggregate is planned badly. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

-- One row per address with a flow to or from another address: the small shapes of the flow graph that it is part of. Only flows
-- that count at both ends are in a shape: see int_flow_peers.
with peers as (

    select
        snapshot_key,
        address_key,
        in_pairs + out_pairs as pairs,
        in_floor,
        in_flows,
        out_flows
    from {{ ref('int_flow_peers') }}

),

outgoing as (

    select
        address_key as from_key,
        flow.2 as to_key,
        flow.1 as cents,
        pairs,
        in_floor
    from peers
    array join out_flows as flow

),

ends as (

    select
        address_key,
        pairs,
        in_floor
    from peers

),

flows as (

    -- Each flow from its lower end: the address with fewer flows, of two with as many the one with the smaller key. Triangles are
    -- found from their lowest corner, so that the counterparties of a hub are never paired with each other.
    select
        (outgoing.pairs, outgoing.from_key) < (ends.pairs, outgoing.to_key) as pays,
        if(pays, outgoing.from_key, outgoing.to_key) as lower_key,
        if(pays, outgoing.to_key, outgoing.from_key) as upper_key,
        if(pays, ends.in_floor, outgoing.in_floor) as upper_floor
    from outgoing
    inner join ends on ends.address_key = outgoing.to_key
    where toInt64(outgoing.cents) > ends.in_floor

),

corners as (

    -- One row per address that is the lower end of two flows.
    select
        lower_key,
        groupArray((upper_key, pays, upper_floor)) as uppers
    from flows
    group by lower_key
    having count() > 1

),

wedges as (

    select
        lower_key,
        one.1 as one_key,
        one.2 as pays_one,
        other.1 as other_key,
        other.2 as pays_other,
        other.3 as other_floor
    from corners
    array join uppers as one
    array join uppers as other
    where one_key != other_key

),

triangles as (

    -- Wedges that a flow from one upper address to the other closes.
    select
        wedges.lower_key as lower_key,
        wedges.one_key as one_key,
        wedges.other_key as other_key,
        wedges.pays_one as pays_one,
        wedges.pays_other as pays_other
    from wedges
    inner join outgoing on outgoing.from_key = wedges.one_key and outgoing.to_key = wedges.other_key
    where toInt64(outgoing.cents) > wedges.other_floor

),

corner_roles as (

    -- Three rows per triangle: 0 in a cycle; in a feed-forward triangle 1 pays both others, 2 is paid by one and pays the other,
    -- and 3 is paid by both.
    select
        arrayJoin(multiIf(
            pays_one and pays_other, [(lower_key, 1), (one_key, 2), (other_key, 3)],
            pays_one, [(lower_key, 0), (one_key, 0), (other_key, 0)],
            pays_other, [(one_key, 1), (lower_key, 2), (other_key, 3)],
            [(one_key, 1), (other_key, 2), (lower_key, 3)]
        )) as corner
    from triangles

),

triangle_counts as (

    select
        corner.1 as address_key,
        countIf(corner.2 = 0) as cycles,
        countIf(corner.2 = 1) as sources,
        countIf(corner.2 = 2) as middles,
        countIf(corner.2 = 3) as sinks
    from corner_roles
    group by address_key

),

routes as (

    -- One row per payer and payee with two or more addresses between them that seem to pass money on from one to the other. A
    -- relay is one payer's, one address's and one payee's, so that no address counts twice.
    select
        payer_key,
        payee_key,
        groupArray(address_key) as via_keys,
        count() as vias
    from {{ ref('int_relayed_flows') }}
    group by payer_key, payee_key
    having count() > 1

),

route_roles as (

    select
        arrayJoin(arrayConcat([(payer_key, 0), (payee_key, 1)], arrayMap(via_key -> (via_key, 2), via_keys))) as place,
        vias
    from routes

),

route_counts as (

    select
        place.1 as address_key,
        maxIf(vias, place.2 = 0) as source_vias,
        maxIf(vias, place.2 = 1) as sink_vias,
        maxIf(vias, place.2 = 2) as middle_vias
    from route_roles
    group by address_key

),

final as (

    -- An address without a triangle or a route gets NULL from the join: it is known to be in none.
    select
        peers.snapshot_key as snapshot_key,
        peers.address_key as address_key,
        toFloat32(length(arrayIntersect(
            arrayMap(flow -> flow.2, peers.in_flows), arrayMap(flow -> flow.2, peers.out_flows)
        ))) as motif_reciprocal_pairs,
        toFloat32(ifNull(triangle_counts.cycles, 0)) as motif_cycles,
        toFloat32(ifNull(triangle_counts.sources, 0)) as motif_feed_forward_source,
        toFloat32(ifNull(triangle_counts.middles, 0)) as motif_feed_forward_middle,
        toFloat32(ifNull(triangle_counts.sinks, 0)) as motif_feed_forward_sink,
        toFloat32(ifNull(route_counts.source_vias, 0)) as motif_scatter_gather_source,
        toFloat32(ifNull(route_counts.middle_vias, 0)) as motif_scatter_gather_middle,
        toFloat32(ifNull(route_counts.sink_vias, 0)) as motif_scatter_gather_sink,
        -- The fewer of two: payers from before the last outgoing transfer, recipients from after the first incoming one.
        toFloat32(least(
            arrayCount(flow -> flow.3 <= arrayMax(arrayMap(outflow -> outflow.4, peers.out_flows)), peers.in_flows),
            arrayCount(flow -> flow.4 >= arrayMin(arrayMap(inflow -> inflow.3, peers.in_flows)), peers.out_flows)
        )) as motif_gather_scatter
    from peers
    left join triangle_counts on triangle_counts.address_key = peers.address_key
    left join route_counts on route_counts.address_key = peers.address_key

)

select * from final

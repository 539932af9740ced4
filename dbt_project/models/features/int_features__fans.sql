{#- Stored, because a join with an unstored aggregate is planned badly. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

-- One row per address with a flow to or from another address: how much its payers, and how much its recipients, act alike.
with peers as (

    -- Times of first transfers and volumes, both ascending.
    select
        snapshot_key,
        address_key,
        arraySort(arrayMap(flow -> flow.3, in_flows)) as in_times,
        arraySort(arrayMap(flow -> flow.3, out_flows)) as out_times,
        arraySort(arrayMap(flow -> flow.1, in_flows)) as in_cents,
        arraySort(arrayMap(flow -> flow.1, out_flows)) as out_cents
    from {{ ref('int_flow_peers') }}

),

most_alike as (

    -- For each flow as the first or the smallest, how many are near it: those up to the bound, less those before it.
    select
        snapshot_key,
        address_key,
        length(in_times) as in_count,
        length(out_times) as out_count,
        arrayMax(arrayMap(
            (earliest, rank) -> arrayCount(time -> time <= earliest + {{ var('fan_days') }} * 86400, in_times) - rank + 1,
            in_times, arrayEnumerate(in_times)
        )) as in_burst,
        arrayMax(arrayMap(
            (earliest, rank) -> arrayCount(time -> time <= earliest + {{ var('fan_days') }} * 86400, out_times) - rank + 1,
            out_times, arrayEnumerate(out_times)
        )) as out_burst,
        arrayMax(arrayMap(
            (least, rank) -> arrayCount(cents -> cents <= least * {{ var('fan_max_ratio') }}, in_cents) - rank + 1,
            in_cents, arrayEnumerate(in_cents)
        )) as in_similar,
        arrayMax(arrayMap(
            (least, rank) -> arrayCount(cents -> cents <= least * {{ var('fan_max_ratio') }}, out_cents) - rank + 1,
            out_cents, arrayEnumerate(out_cents)
        )) as out_similar
    from peers

),

final as (

    -- ratio: a quotient, NaN where the denominator is 0 or missing.
    select
        snapshot_key,
        address_key,
        {{ ratio('in_burst', 'in_count') }} as fan_in_burst_ratio,
        {{ ratio('in_similar', 'in_count') }} as fan_in_similar_ratio,
        {{ ratio('out_burst', 'out_count') }} as fan_out_burst_ratio,
        {{ ratio('out_similar', 'out_count') }} as fan_out_similar_ratio
    from most_alike

)

select * from final

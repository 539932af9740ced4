{#- Stored, because a join with an unstored aggregate is planned badly. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

-- One row per address with a flow to or from another address. A key is one address in one network, processing_date and
-- window_days.
with sides as (

    select * from {{ ref('int_flow_sides') }}

),

per_address as (

    -- ClickHouse lets a later expression use an alias of the same select, such as in_pairs. Squares of cents and their sums need
    -- more than 64 bits. Times are Unix seconds.
    select
        any(snapshot_key) as snapshot_key,
        address_key,
        countIf(is_out = 0) as in_pairs,
        countIf(is_out = 1) as out_pairs,
        -- No flow: the volume is 0. Some flows of unknown volume: the sum of the others. All of unknown volume: it is missing.
        if(in_pairs = 0, 0, sumIf(toUInt128(cents), is_out = 0)) as in_cents,
        if(out_pairs = 0, 0, sumIf(toUInt128(cents), is_out = 1)) as out_cents,
        maxIf(cents, is_out = 0) as largest_in_cents,
        maxIf(cents, is_out = 1) as largest_out_cents,
        sumIf(toUInt128(cents) * toUInt128(cents), is_out = 0) as in_squares,
        sumIf(toUInt128(cents) * toUInt128(cents), is_out = 1) as out_squares,
        -- A counterparty in both directions accounts for two flows, each with a flow back.
        2 * (in_pairs + out_pairs - uniqExact(counterparty_key)) as bidirectional_pairs,
        sum(tx_count) as transfers,
        avg(active_days) as active_days_mean,
        min(first_seen) as earliest,
        max(last_seen) as latest,
        avgIf(last_seen, is_out = 0) as mean_last_in,
        avgIf(last_seen, is_out = 1) as mean_last_out
    from sides
    group by address_key

),

amounts as (

    select
        *,
        toFloat64(in_cents) / 100 as in_usd,
        toFloat64(out_cents) / 100 as out_usd,
        if(
            in_cents + out_cents > 0,
            toFloat64(least(in_cents, out_cents)) / toFloat64(greatest(in_cents, out_cents)),
            null
        ) as pass_through
    from per_address

),

counterparties as (

    -- One row per address and flow, with the totals of the counterparty. The ratio is in millionths for the sake of its sum.
    select
        sides.address_key as address_key,
        amounts.in_pairs + amounts.out_pairs as pairs,
        amounts.in_cents + amounts.out_cents as cents,
        round(amounts.pass_through * 1000000) as pass_through_millionths
    from sides
    inner join amounts on amounts.address_key = sides.counterparty_key

),

neighbourhoods as (

    -- Not weighted by volume: each flow counts once, so that a counterparty in both directions counts twice.
    select
        address_key,
        avg(pairs) as pairs_mean,
        max(pairs) as pairs_max,
        toFloat64(sum(cents)) / count(cents) / 100 as usd_mean,
        avg(pass_through_millionths) / 1000000 as pass_through_mean
    from counterparties
    group by address_key

),

final as (

    -- as_feature: Float32, missing as NaN. ratio: a quotient, NaN where the denominator is 0 or missing.
    select
        amounts.snapshot_key as snapshot_key,
        amounts.address_key as address_key,
        toFloat32(in_pairs) as flow_in_pairs,
        toFloat32(out_pairs) as flow_out_pairs,
        {{ as_feature('in_usd') }} as flow_in_usd,
        {{ as_feature('out_usd') }} as flow_out_usd,
        {{ as_feature('pass_through') }} as flow_pass_through_ratio,
        {{ as_feature(ratio('largest_in_cents', 'toFloat64(in_cents)')) }} as flow_largest_in_ratio,
        {{ as_feature(ratio('largest_out_cents', 'toFloat64(out_cents)')) }} as flow_largest_out_ratio,
        -- Herfindahl index: the sum of the squared shares of each flow, 1 where one flow has all the volume.
        {{ as_feature(ratio('toFloat64(in_squares)', '(toFloat64(in_cents) * toFloat64(in_cents))')) }} as flow_in_concentration,
        {{ as_feature(ratio(
            'toFloat64(out_squares)', '(toFloat64(out_cents) * toFloat64(out_cents))'
        )) }} as flow_out_concentration,
        -- No as_feature: ratio() is Float32 already, and neither count is missing.
        {{ ratio('bidirectional_pairs', '(in_pairs + out_pairs)') }} as flow_bidirectional_ratio,
        {{ as_feature(ratio('transfers', '(in_pairs + out_pairs)')) }} as flow_tx_per_pair,
        {{ as_feature('active_days_mean') }} as flow_active_days_mean,
        {{ as_feature('(latest - earliest) / 86400') }} as flow_lifetime_days,
        -- A proxy of the holding time: how much later outgoing flows end than incoming ones, on average; negative if earlier.
        {{ as_feature('(mean_last_out - mean_last_in) / 86400') }} as flow_holding_days,
        {{ as_feature('neighbourhoods.pairs_mean') }} as flow_counterparty_pairs_mean,
        {{ as_feature('neighbourhoods.pairs_max') }} as flow_counterparty_pairs_max,
        {{ as_feature('neighbourhoods.usd_mean') }} as flow_counterparty_usd_mean,
        {{ as_feature('neighbourhoods.pass_through_mean') }} as flow_counterparty_pass_through_mean
    from amounts
    -- Every address here has a counterparty, so there is always a match.
    left join neighbourhoods on neighbourhoods.address_key = amounts.address_key

)

select * from final

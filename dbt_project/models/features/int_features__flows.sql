{#- Stored, because a join with an unstored aggregate is planned badly. -#}
{{ config(materialized='table', engine='MergeTree()', order_by='address_key') }}

with flows as (

    select * from {{ ref('stg_money_flows') }}

),

ends as (

    -- Each flow seen from both ends. A flow to oneself says nothing of counterparties.
    select from_key as address_key, to_key as counterparty_key, 1 as is_out, volume_usd, tx_count, active_days,
           first_seen, last_seen, is_bidirectional
    from flows where from_key != to_key
    union all
    select to_key as address_key, from_key as counterparty_key, 0 as is_out, volume_usd, tx_count, active_days,
           first_seen, last_seen, is_bidirectional
    from flows where from_key != to_key

),

per_address as (

    select
        address_key,
        countIf(is_out = 0) as in_pairs,
        countIf(is_out = 1) as out_pairs,
        sumIf(volume_usd, is_out = 0) as in_usd,
        sumIf(volume_usd, is_out = 1) as out_usd,
        maxIf(volume_usd, is_out = 0) as largest_in_usd,
        maxIf(volume_usd, is_out = 1) as largest_out_usd,
        sumIf(volume_usd * volume_usd, is_out = 0) as in_squares,
        sumIf(volume_usd * volume_usd, is_out = 1) as out_squares,
        countIf(is_bidirectional) as bidirectional_pairs,
        sum(tx_count) as transfers,
        avg(active_days) as active_days_mean,
        min(first_seen) as earliest,
        max(last_seen) as latest,
        avgIf(last_seen, is_out = 0) as last_in,
        avgIf(last_seen, is_out = 1) as last_out
    from ends
    group by address_key

),

counterparties as (

    -- Weighted by nothing: a counterparty counts once, however much was sent.
    select
        ends.address_key as address_key,
        avg(other.in_pairs + other.out_pairs) as pairs_mean,
        max(other.in_pairs + other.out_pairs) as pairs_max,
        avg(other.in_usd + other.out_usd) as usd_mean,
        avg(if(
            greatest(other.in_usd, other.out_usd) > 0,
            least(other.in_usd, other.out_usd) / greatest(other.in_usd, other.out_usd),
            null
        )) as pass_through_mean
    from ends
    inner join (select address_key, in_pairs, out_pairs, in_usd, out_usd from per_address) as other
        on other.address_key = ends.counterparty_key
    group by ends.address_key

),

final as (

    select
        per_address.address_key as address_key,
        toFloat32(in_pairs) as flow_in_pairs,
        toFloat32(out_pairs) as flow_out_pairs,
        toFloat32(in_usd) as flow_in_usd,
        toFloat32(out_usd) as flow_out_usd,
        {{ ratio('least(in_usd, out_usd)', 'greatest(in_usd, out_usd)') }} as flow_pass_through_ratio,
        {{ ratio('largest_in_usd', 'in_usd') }} as flow_largest_in_ratio,
        {{ ratio('largest_out_usd', 'out_usd') }} as flow_largest_out_ratio,
        {{ ratio('in_squares', '(in_usd * in_usd)') }} as flow_in_concentration,
        {{ ratio('out_squares', '(out_usd * out_usd)') }} as flow_out_concentration,
        {{ ratio('bidirectional_pairs', '(in_pairs + out_pairs)') }} as flow_bidirectional_ratio,
        {{ ratio('transfers', '(in_pairs + out_pairs)') }} as flow_tx_per_pair,
        {{ as_feature('active_days_mean') }} as flow_active_days_mean,
        {{ as_feature('(latest - earliest) / 86400') }} as flow_lifetime_days,
        {{ as_feature('(last_out - last_in) / 86400') }} as flow_holding_days,
        {{ as_feature('counterparties.pairs_mean') }} as flow_counterparty_pairs_mean,
        {{ as_feature('counterparties.pairs_max') }} as flow_counterparty_pairs_max,
        {{ as_feature('counterparties.usd_mean') }} as flow_counterparty_usd_mean,
        {{ as_feature('counterparties.pass_through_mean') }} as flow_counterparty_pass_through_mean
    from per_address
    left join counterparties on counterparties.address_key = per_address.address_key

)

select * from final

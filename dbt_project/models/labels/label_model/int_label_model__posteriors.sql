{#- P(risky) of each pattern. Rules that watch the same behaviour agree more often than independent ones would; what they say
    together is therefore tempered until it foretells the gold labels best (`strength`, 1 where there is no gold to compare with). -#}
{{ config(materialized='table', engine='MergeTree()', order_by='pattern_key') }}

with weighed as (

    select
        patterns.network as network,
        patterns.processing_date as processing_date,
        patterns.window_days as window_days,
        patterns.snapshot_key as snapshot_key,
        patterns.pattern_key as pattern_key,
        patterns.positions as positions,
        patterns.addresses as addresses,
        beliefs.prior as prior,
        {{ has_gold() }} as has_gold,
        {{ gold_evidence() }} as gold,
        {{ other_evidence() }} as others
    from {{ ref('int_label_model__patterns') }} as patterns
    inner join (
        {{ label_model_beliefs(ref('int_label_model__estimates')) }}
    ) as beliefs on beliefs.snapshot_key = patterns.snapshot_key

),

trials as (

    -- The shift is thrown away: it stands for how curators choose whom they label.
    select
        snapshot_key,
        strength,
        shift,
        sum(toInt64(round(1000000 * addresses * (
            log(1 + exp(-abs(foretold))) + greatest(foretold, 0) - foretold / (1 + exp(-(prior + gold)))
        )))) + toInt64(round(10000000 * (strength - 1) * (strength - 1))) as loss
    from (
        select snapshot_key, addresses, prior, gold, strength, shift, prior + shift + strength * others as foretold
        from weighed
        array join arrayMap(step -> step / 10, range(1, 11)) as strength
        array join arrayMap(step -> (step - 8) / 4, range(17)) as shift
        where has_gold
    )
    group by snapshot_key, strength, shift

),

chosen as (

    select snapshot_key, argMin(strength, tuple(loss, strength, shift)) as strength
    from trials
    group by snapshot_key

),

final as (

    select
        weighed.network as network,
        weighed.processing_date as processing_date,
        weighed.window_days as window_days,
        weighed.snapshot_key as snapshot_key,
        weighed.pattern_key as pattern_key,
        weighed.positions as positions,
        weighed.addresses as addresses,
        ifNull(chosen.strength, 1) as strength,
        {{ millionths('weighed.prior + weighed.gold + ifNull(chosen.strength, 1) * weighed.others') }} as risky_millionths,
        {{ millionths('weighed.prior + if(weighed.has_gold, weighed.gold, ifNull(chosen.strength, 1) * weighed.others)') }} as anchored_millionths
    from weighed
    left join chosen on chosen.snapshot_key = weighed.snapshot_key

)

select * from final

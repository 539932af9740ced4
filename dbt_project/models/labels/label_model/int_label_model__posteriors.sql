{#- P(risky) of each vote pattern under the estimated parameters.

    Rules that look at the same behaviour agree more often than independent ones, so naive Bayes is overconfident about them.
    Their joint evidence is multiplied by an inverse temperature (temperature scaling, Guo et al. 2017), chosen on gold labels.
    -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='pattern_key') }}

with likelihoods as (

    {{ vote_likelihoods(ref('int_label_model__estimates')) }}

),

evidence as (

    {{ pattern_evidence('likelihoods') }}

),

losses as (

    -- Cross-entropy of the rules' prediction on the patterns with gold labels, and a penalty that prefers 1 where the data do
    -- not decide. The intercept is fitted with it and dropped: it stands for the class balance of the addresses that curators
    -- choose to label.
    select
        snapshot_key,
        inverse_temperature,
        intercept,
        sum(toInt64(round(1000000 * addresses * (
            log(1 + exp(-abs(log_odds))) + greatest(log_odds, 0) - log_odds / (1 + exp(-(prior_log_odds + gold_log_odds)))
        )))) + toInt64(round(10000000 * (inverse_temperature - 1) * (inverse_temperature - 1))) as loss
    from (
        select
            snapshot_key,
            addresses,
            prior_log_odds,
            gold_log_odds,
            inverse_temperature,
            intercept,
            prior_log_odds + intercept + inverse_temperature * rule_log_odds as log_odds
        from evidence
        array join arrayMap(step -> step / 10, range(1, 11)) as inverse_temperature
        array join arrayMap(step -> (step - 8) / 4, range(17)) as intercept
        where has_gold
    ) as candidates
    group by snapshot_key, inverse_temperature, intercept

),

tempered as (

    select snapshot_key, argMin(inverse_temperature, tuple(loss, inverse_temperature, intercept)) as inverse_temperature
    from losses
    group by snapshot_key

),

final as (

    select
        evidence.network as network,
        evidence.processing_date as processing_date,
        evidence.window_days as window_days,
        evidence.snapshot_key as snapshot_key,
        evidence.pattern_key as pattern_key,
        evidence.positions as positions,
        evidence.addresses as addresses,
        ifNull(tempered.inverse_temperature, 1) as inverse_temperature,
        {{ in_millionths(
            'evidence.prior_log_odds + evidence.gold_log_odds + ifNull(tempered.inverse_temperature, 1) * evidence.rule_log_odds'
        ) }} as risky_millionths,
        {{ in_millionths(
            'evidence.prior_log_odds'
            ~ ' + if(evidence.has_gold, evidence.gold_log_odds, ifNull(tempered.inverse_temperature, 1) * evidence.rule_log_odds)'
        ) }} as anchored_millionths
    from evidence
    left join tempered on tempered.snapshot_key = evidence.snapshot_key

)

select * from final

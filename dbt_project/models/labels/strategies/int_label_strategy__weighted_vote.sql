{#- Naive Bayes with the accuracies that the seed label_rules declares: each voice adds the log-odds of its rule's prior
    accuracy, scaled by the confidence of its vote. -#}
with weights as (

    -- In millionths, because sums of whole numbers do not depend on the order of rows.
    select groupArray(toInt64(round(1000000 * log(prior_accuracy / (1 - prior_accuracy))))) as accuracy_log_odds
    from (select voter, greatest(0.01, least(0.99, prior_accuracy)) as prior_accuracy from {{ ref('int_label_voters') }} order by voter)

),

weighed as (

    select
        *,
        arraySum(
            vote -> (if(vote.vote = 1, 1, -1) * (vote.confidence_millionths / 1000000)
                * (select accuracy_log_odds from weights)[vote.voter]) / 1000000,
            voice_votes
        ) as risky_log_odds
    from {{ ref('int_label_tallies') }}

),

bounded as (

    select *, {{ within_gold('1 / (1 + exp(-risky_log_odds))') }} as probability
    from weighed

),

decided as (

{{ decide_by_probability('bounded') }}

),

final as (

{{ tallied_labels('weighted_vote', 'decided', kind="if(tallies.gold_vote_count > 0, 'gold', voters.kind)") }}

)

select * from final

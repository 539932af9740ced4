{#- Naive Bayes with the accuracies the seed declares: a voice adds its prior log-odds, scaled by its confidence. -#}
with weights as (

    -- Whole numbers, because a sum of them is the same in any order.
    select groupArray(toInt64(round(1000000 * log(prior_accuracy / (1 - prior_accuracy))))) as log_odds
    from (select voter, greatest(0.01, least(0.99, prior_accuracy)) as prior_accuracy from {{ ref('int_label_voters') }} order by voter)

),

weighed as (

    select
        *,
        arraySum(
            packed -> (if({{ vote_of('packed') }} = 1, 1, -1) * {{ confidence_of('packed') }}
                * (select log_odds from weights)[{{ voter_of('packed') }}]) / 1000000,
            voices
        ) as score
    from {{ ref('int_label_tallies') }}

),

bounded as (

    select *, {{ within_gold('1 / (1 + exp(-score))') }} as probability
    from weighed

),

final as (

{{ decide_tallied_labels('weighted_vote', 'bounded', kind="if(tallies.gold_vote_count > 0, 'gold', voters.kind)", probability=true) }}

)

select * from final

-- One row per address with a vote. Naive Bayes with the accuracies that the seed label_rules declares: each voice adds the
-- log-odds of its rule's prior accuracy, scaled by the confidence of its vote; a vote for benign subtracts them.
with prior_accuracies as (

    select
        voter,
        greatest(0.01, least(0.99, prior_accuracy)) as prior_accuracy
    from {{ ref('int_label_voters') }}
    order by voter

),

weights as (

    -- One row: the log-odds of each voter, at the position of its number. In millionths, because sums of whole numbers do not
    -- depend on the order of rows.
    select groupArray(toInt64(round(1000000 * log(prior_accuracy / (1 - prior_accuracy))))) as accuracy_log_odds
    from prior_accuracies

),

weighed as (

    -- voice_votes: the strongest vote of each voice, as named tuples.
    select
        *,
        arraySum(
            ranked -> (
                if(ranked.vote = 1, 1, -1) * (ranked.confidence_millionths / 1000000)
                * (select accuracy_log_odds from weights)[ranked.voter]
            ) / 1000000,
            voice_votes
        ) as risky_log_odds
    from {{ ref('int_label_tallies') }}

),

bounded as (

    -- Gold votes that all agree are not overruled.
    select *, {{ within_gold('1 / (1 + exp(-risky_log_odds))') }} as probability
    from weighed

),

decided as (

    -- Adds label, label_confidence and deciding_vote.
    {{ decide_by_probability('bounded') }}

),

final as (

    -- Adds the columns that all strategies have: those of the deciding vote, and the counts of votes.
    {{ tallied_labels('weighted_vote', 'decided', kind="if(tallies.gold_vote_count > 0, 'gold', voters.kind)") }}

)

select * from final

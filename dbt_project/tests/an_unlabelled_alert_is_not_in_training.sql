-- Without join_use_nulls a missed join would turn an unlabelled row into a benign one: every training row has a vote behind it.
-- Of a strategy that picks one of the votes, that vote says what the label says; one that weighs them may come to the contrary
-- of a single weak vote.
with voted as (

    select votes.network, votes.processing_date, votes.window_days, votes.address, groupUniqArray(votes.vote) as said
    from {{ ref('int_label_votes') }} as votes
    group by votes.network, votes.processing_date, votes.window_days, votes.address

)

select training.alert_id, training.label_strategy, training.label, voted.said
from {{ ref('training_alerts') }} as training
left join voted
    on voted.network = training.network
    and voted.processing_date = training.processing_date
    and voted.window_days = training.window_days
    and voted.address = training.address
where voted.address is null
    or (training.label_strategy not in ('weighted_vote', 'label_model') and not has(voted.said, training.label))

-- Every training row has a vote on its address. Without join_use_nulls a left join without a match would make an unlabelled
-- alert benign. Where a strategy takes one of the votes, one of them equals the label; the strategies that weigh votes can
-- overrule a single weak one.
with voted as (

    select network, processing_date, window_days, address, groupUniqArray(vote) as votes
    from {{ ref('int_label_votes') }}
    group by network, processing_date, window_days, address

)

select training.alert_id, training.label_strategy, training.label, voted.votes
from {{ ref('training_alerts') }} as training
left join voted
    on voted.network = training.network
    and voted.processing_date = training.processing_date
    and voted.window_days = training.window_days
    and voted.address = training.address
where
    voted.address is null
    or (training.label_strategy not in ('weighted_vote', 'label_model') and not has(voted.votes, training.label))

-- Without join_use_nulls a missed join would turn an unlabelled row into a benign one: every training row has a vote behind it
-- that says what its label says.
select training.alert_id
from {{ ref('training_alerts') }} as training
left anti join {{ ref('int_label_votes') }} as votes
    on votes.network = training.network
    and votes.processing_date = training.processing_date
    and votes.window_days = training.window_days
    and votes.address = training.address
    and votes.vote = training.label

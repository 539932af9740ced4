-- Every label and every training row has a vote. Without join_use_nulls a left join without a match would make an unlabelled
-- address benign.
select
    'fct_address_labels' as relation,
    labels.network,
    labels.processing_date,
    labels.window_days,
    labels.address,
    labels.strategy
from {{ ref('fct_address_labels') }} as labels
left anti join {{ ref('int_label_votes') }} as votes on votes.address_key = labels.address_key
union all
select
    'training_addresses' as relation,
    training.network,
    training.processing_date,
    training.window_days,
    training.address,
    training.label_strategy as strategy
from {{ ref('training_addresses') }} as training
left anti join {{ ref('int_label_votes') }} as votes
    on votes.network = training.network
    and votes.processing_date = training.processing_date
    and votes.window_days = training.window_days
    and votes.address = training.address

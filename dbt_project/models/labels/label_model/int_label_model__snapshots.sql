{#- The vote types of each snapshot as arrays, in the order of their positions: the data and the priors of the model. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='snapshot_key') }}

select
    snapshot_key,
    any(addresses) as all_addresses,
    groupArray(vote) as votes,
    groupArray(voice_number) as voice_numbers,
    groupArray(is_gold) as is_gold,
    groupArray(toFloat64(vote_types.votes)) as vote_counts,
    groupArray(overlap) as "overlaps",
    groupArray(prior_accuracy) as prior_accuracies,
    groupArray(prior_strength) as prior_strengths
from (select * from {{ ref('int_label_model__vote_types') }} order by snapshot_key, position) as vote_types
group by snapshot_key

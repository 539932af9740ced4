-- Under `label_as_of: timestamp` a snapshot sees only labels created by the end of its date: every source-of-truth vote has
-- such a label with the same class. Disabled under other values.
{{ config(enabled=var('label_as_of') == 'timestamp') }}

with risk_levels as (

    {{ risk_votes() }}

),

known as (

    select labels.address_key as address_key, labels.label_source as source, risk_levels.vote as vote
    from {{ ref('stg_address_labels') }} as labels
    inner join risk_levels on risk_levels.risk_level = labels.risk_level
    where labels.created_at is null or toDate(labels.created_at, 'UTC') <= labels.processing_date

)

select votes.network, votes.processing_date, votes.window_days, votes.address, votes.source, votes.vote
from {{ ref('int_label_votes') }} as votes
left anti join known on known.address_key = votes.address_key and known.source = votes.source and known.vote = votes.vote
where votes.rule_id = 'sot'

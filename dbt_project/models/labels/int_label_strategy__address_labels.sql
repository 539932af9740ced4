with votes as (

    select
        votes.network as network,
        votes.processing_date as processing_date,
        votes.window_days as window_days,
        votes.address as address,
        votes.rule_id as rule_id,
        votes.source as source,
        votes.vote as vote,
        votes.confidence as confidence,
        ifNull(label_sources.trust, 0) as trust
    from {{ ref('int_label_votes') }} as votes
    left join {{ ref('label_sources') }} as label_sources on label_sources.rule_id = votes.rule_id
    where votes.rule_id in ('sot', 'custom')

),

decided as (

{{ decide_labels('address_labels', 'votes', ['confidence', 'trust']) }}

)

select * from decided

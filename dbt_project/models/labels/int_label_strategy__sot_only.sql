with votes as (

    select
        votes.network as network,
        votes.processing_date as processing_date,
        votes.window_days as window_days,
        votes.address as address,
        votes.address_key as address_key,
        votes.rule_id as rule_id,
        'gold' as kind,
        votes.source as source,
        votes.vote as vote,
        votes.confidence as confidence,
        ifNull(sources.trust, 0) as source_trust
    from {{ ref('int_label_votes__gold') }} as votes
    left join {{ ref('label_sources') }} as sources on sources.source = {{ known_source('votes.source') }}
    where votes.rule_id = 'sot'

),

decided as (

{{ decide_labels('sot_only', 'votes', ['confidence', 'source_trust']) }}

)

select * from decided

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
        rules.trust as trust,
        ifNull(sources.trust, 0) as source_trust
    from {{ ref('int_label_votes__gold') }} as votes
    inner join {{ ref('label_rules') }} as rules on rules.rule_id = votes.rule_id
    left join {{ ref('label_sources') }} as sources on sources.source = {{ known_source('votes.source') }}
    where rules.enabled

),

decided as (

{{ decide_labels('address_labels', 'votes', ['confidence', 'trust', 'source_trust']) }}

)

select * from decided

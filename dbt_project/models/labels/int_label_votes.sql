{{ config(
    materialized='table',
    engine='MergeTree()',
    order_by='address_key'
) }}

{%- set columns = 'network, processing_date, window_days, address, address_key, rule_id, source, vote, confidence, evidence' %}

with rule_votes as (

    {% for rule in label_rules() -%}
    select
        network,
        processing_date,
        window_days,
        address,
        {{ address_key('address') }} as address_key,
        '{{ rule }}' as rule_id,
        '{{ rule }}' as source,
        vote,
        confidence,
        evidence
    from {{ ref('int_label_rule__' ~ rule) }}
    -- Settled before the rule is read: one that is switched off costs nothing.
    where (select max(enabled) from {{ ref('label_rules') }} where rule_id = '{{ rule }}')
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

votes as (

    select {{ columns }} from {{ ref('int_label_votes__gold') }}
    union all
    select {{ columns }} from {{ ref('stg_derived_votes') }}
    union all
    select {{ columns }} from rule_votes

),

final as (

    select
        toLowCardinality(votes.network) as network,
        votes.processing_date as processing_date,
        votes.window_days as window_days,
        votes.address as address,
        votes.address_key as address_key,
        toLowCardinality(votes.rule_id) as rule_id,
        toLowCardinality(rules.kind) as kind,
        toLowCardinality(votes.source) as source,
        -- Whoever copies a list speaks with the voice of the list; who names no source speaks for the rule. A derived vote never
        -- speaks with the voice of a list, whatever its strategy is called: the voices of lists are gold.
        toLowCardinality(concat(
            if(rules.kind = 'derived', 'derived: ', ''),
            multiIf(sources.lineage is not null, assumeNotNull(sources.lineage), votes.source = '', votes.rule_id, votes.source)
        )) as voice,
        rules.trust as trust,
        ifNull(sources.trust, 0) as source_trust,
        toUInt8(votes.vote) as vote,
        toFloat32(votes.confidence) as confidence,
        votes.evidence as evidence
    from votes
    inner join {{ ref('label_rules') }} as rules on rules.rule_id = votes.rule_id
    left join {{ ref('label_sources') }} as sources on sources.source = {{ known_source('votes.source') }}
    where rules.enabled

)

select * from final

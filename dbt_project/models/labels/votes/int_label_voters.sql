{{ config(materialized='table', engine='MergeTree()', order_by='voter') }}

with heard as (

    select distinct rule_id, source from {{ ref('int_label_votes__gold') }}
    union distinct
    select distinct rule_id, source from {{ ref('stg_derived_votes') }}
    union distinct
    select arrayJoin({{ label_rules() }}) as rule_id, rule_id as source

),

known as (

    select
        heard.rule_id as rule_id,
        heard.source as source,
        rules.kind as kind,
        -- Whoever copies a list speaks with the voice of the list; who names no source speaks for the rule. A derived vote never
        -- speaks with the voice of a list, whatever its strategy is called: the voices of lists are gold.
        concat(
            if(rules.kind = 'derived', 'derived: ', ''),
            multiIf(sources.lineage is not null, assumeNotNull(sources.lineage), heard.source = '', heard.rule_id, heard.source)
        ) as voice,
        rules.trust as trust,
        ifNull(sources.trust, 0) as source_trust,
        rules.prior_accuracy as prior_accuracy,
        rules.prior_strength as prior_strength
    from heard
    inner join {{ ref('label_rules') }} as rules on rules.rule_id = heard.rule_id
    left join {{ ref('label_sources') }} as sources on sources.source = {{ known_source('heard.source') }}
    where rules.enabled

),

final as (

    select
        -- The order of trust: what a tie between equally sure votes is settled by.
        toUInt16(row_number() over (order by trust, source_trust, source, rule_id)) as voter,
        toUInt16(dense_rank() over (order by voice)) as voice_number,
        *
    from known

)

select * from final

{{ config(materialized='table', engine='MergeTree()', order_by='voter') }}

with heard as (

    select
        rule_id,
        source,
        any(kind) as kind,
        any(voice) as voice,
        any(trust) as trust,
        any(source_trust) as source_trust
    from {{ ref('int_label_votes') }}
    group by rule_id, source

),

final as (

    select
        -- The order of trust: what a tie between equally sure votes is settled by.
        toUInt16(row_number() over (order by heard.trust, heard.source_trust, heard.source, heard.rule_id)) as voter,
        toUInt16(dense_rank() over (order by heard.voice)) as voice_number,
        heard.voice as voice,
        heard.rule_id as rule_id,
        heard.source as source,
        heard.kind as kind,
        heard.trust as trust,
        heard.source_trust as source_trust,
        rules.prior_accuracy as prior_accuracy,
        rules.prior_strength as prior_strength
    from heard
    inner join {{ ref('label_rules') }} as rules on rules.rule_id = heard.rule_id

)

select * from final

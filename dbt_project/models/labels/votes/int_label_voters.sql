{{ config(materialized='table', engine='MergeTree()', order_by='voter') }}

{%- set most_voters = 65535 %}
{%- set too_many = 'More than ' ~ most_voters ~ ' pairs of label rule and source vote; reduce the strategies '
    ~ 'in raw_derived_votes or the sources of labels.' %}

with rule_sources as (

    select distinct rule_id, source from {{ ref('int_label_votes__gold') }}
    union distinct
    select distinct rule_id, source from {{ ref('stg_derived_votes') }}
    union distinct
    select arrayJoin({{ label_rules() }}) as rule_id, rule_id as source

),

with_voices as (

    select
        rule_sources.rule_id as rule_id,
        rule_sources.source as source,
        rules.kind as kind,
        multiIf(
            sources.lineage is not null, assumeNotNull(sources.lineage),
            rule_sources.source = '', rule_sources.rule_id,
            rule_sources.source
        ) as lineage,
        -- Label lists never share a voice with a Python strategy or a heuristic of the same name: the label model treats the
        -- voices of lists as gold.
        multiIf(
            rules.kind = 'derived', concat('derived: ', lineage),
            rules.kind = 'gold' and lineage in ({{ "'" ~ label_rules() | join("', '") ~ "'" }}), concat('list: ', lineage),
            lineage
        ) as voice,
        rules.trust as trust,
        ifNull(sources.trust, 0) as source_trust,
        rules.prior_accuracy as prior_accuracy,
        rules.prior_strength as prior_strength
    from rule_sources
    inner join {{ ref('fct_label_rules') }} as rules on rules.rule_id = rule_sources.rule_id
    left join {{ ref('label_sources') }} as sources on sources.source = {{ known_source('rule_sources.source') }}
    where rules.enabled

),

final as (

    select
        -- Numbered by trust, which breaks the tie between votes of equal confidence.
        toUInt16(row_number() over (order by trust, source_trust, source, rule_id)) as voter,
        -- There are at most as many voices as voters.
        toUInt16(dense_rank() over (order by voice)) as voice_number,
        * except (lineage)
    from with_voices
    where throwIf(
        (select count() from with_voices) > {{ most_voters }},
        '{{ too_many }}'
    ) = 0

)

select * from final

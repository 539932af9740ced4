{#- Voters are looked up by number instead of joined: there are several times as many votes as addresses. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='tuple()') }}

{%- set columns = 'network, processing_date, window_days, address, address_key, vote, confidence, evidence' %}

with votes as (

    {% for rule in ['sot', 'custom'] -%}
    select {{ columns }}, {{ voter_number("'" ~ rule ~ "'", 'source') }} as voter
    from {{ ref('int_label_votes__gold') }}
    where rule_id = '{{ rule }}'
    union all
    {% endfor -%}
    select {{ columns }}, {{ voter_number("'derived'", 'source') }} as voter
    from {{ ref('stg_derived_votes') }}
    {% for rule in label_rules() -%}
    union all
    select
        network,
        processing_date,
        window_days,
        address,
        {{ address_key('address') }} as address_key,
        vote,
        confidence,
        evidence,
        (select max(voter) from {{ ref('int_label_voters') }} where rule_id = '{{ rule }}') as voter
    from {{ ref('int_label_rule__' ~ rule) }}
    -- Evaluated before the rule is read, so that a disabled rule costs nothing.
    where (select count() from {{ ref('int_label_voters') }} where rule_id = '{{ rule }}') > 0
    {% endfor %}

),

final as (

    select
        toLowCardinality(votes.network) as network,
        votes.processing_date as processing_date,
        votes.window_days as window_days,
        votes.address as address,
        votes.address_key as address_key,
        toLowCardinality({{ of_voter('rule_id') }}) as rule_id,
        toLowCardinality({{ of_voter('kind') }}) as kind,
        toLowCardinality({{ of_voter('source') }}) as source,
        toLowCardinality({{ of_voter('voice') }}) as voice,
        {{ of_voter('trust') }} as trust,
        {{ of_voter('source_trust') }} as source_trust,
        toUInt16(votes.voter) as voter,
        toUInt8(votes.vote) as vote,
        toFloat32(votes.confidence) as confidence,
        votes.evidence as evidence
    from votes
    where votes.voter > 0

)

select * from final

{{ config(
    materialized='by_snapshot',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, address)'
) }}

with risk_levels as (

    {{ risk_votes() }}

),

sources as (

    -- The votes of each source on an address, once however often it repeats them.
    select
        labels.network as network,
        labels.processing_date as processing_date,
        labels.window_days as window_days,
        labels.address as address,
        any(labels.address_key) as address_key,
        labels.rule_id as rule_id,
        labels.label_source as source,
        groupUniqArray(toUInt8(assumeNotNull(risk_levels.vote))) as votes,
        countIf(risk_levels.vote = 1 and labels.publisher != '') > 0 as is_risky_category,
        maxIf(labels.confidence_score, risk_levels.vote = 0) as confidence_0,
        maxIf(labels.confidence_score, risk_levels.vote = 1) as confidence_1,
        arraySort(groupUniqArrayIf(labels.publisher_label, risk_levels.vote = 0)) as names_0,
        arraySort(groupUniqArrayIf(labels.publisher_label, risk_levels.vote = 1)) as names_1
    from {{ ref('fct_applied_labels') }} as labels
    inner join risk_levels on risk_levels.risk_level = labels.risk_level
    where risk_levels.vote is not null
    group by network, processing_date, window_days, address, rule_id, source

),

final as (

    select
        network,
        processing_date,
        window_days,
        address,
        address_key,
        rule_id,
        source,
        arrayJoin(votes) as vote,
        if(vote = 1, confidence_1, confidence_0) as confidence,
        arrayStringConcat(if(vote = 1, names_1, names_0), '; ') as evidence
    from sources
    -- Of several categories that a publisher gives an address, the gravest decides.
    where not (vote = 0 and is_risky_category)

)

select * from final

{{ config(
    materialized='table',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, address)'
) }}

with risk_levels as (

    {{ risk_votes() }}

),

visible as (

    {{ visible_label_rows() }}

),

final as (

    -- One vote per source and class, however often the source repeats it.
    select
        visible.network as network,
        visible.processing_date as processing_date,
        visible.window_days as window_days,
        visible.address as address,
        any(visible.address_key) as address_key,
        visible.rule_id as rule_id,
        visible.label_source as source,
        toUInt8(assumeNotNull(risk_levels.vote)) as vote,
        max(visible.confidence_score) as confidence,
        arrayStringConcat(arraySort(groupUniqArray(visible.publisher_label)), '; ') as evidence
    from visible
    inner join risk_levels on risk_levels.risk_level = visible.risk_level
    where risk_levels.vote is not null
    group by network, processing_date, window_days, address, rule_id, source, vote

)

select * from final

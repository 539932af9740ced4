{{ config(
    materialized='table',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, strategy, address)'
) }}

{%- set strategies = ['sot_only', 'address_labels', 'custom_priority', 'weighted_vote', 'label_model'] %}

with strategies as (

    {% for strategy in strategies -%}
    select * from {{ ref('int_label_strategy__' ~ strategy) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        toLowCardinality(network) as network,
        processing_date,
        window_days,
        address,
        address_key,
        strategy,
        label,
        label_confidence,
        p_risky,
        label_source,
        rule_id,
        label_kind,
        vote_count,
        risky_vote_count,
        benign_vote_count,
        is_conflict
    from strategies

)

select * from final

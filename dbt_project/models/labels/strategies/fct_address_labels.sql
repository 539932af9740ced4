{{ config(
    materialized='table',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, strategy)'
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
        -- What a trainer aims at, and how much it counts: a probability that was learned is aimed at as it is; a choice between
        -- votes counts as far as it is believed. Gold counts in full, what was derived by the var.
        toFloat32(if(strategy = 'label_model', p_risky, label)) as label_target,
        toFloat32(
            if(strategy = 'label_model', 1, label_confidence) * if(label_kind = 'gold', 1, {{ var('derived_label_weight') }})
        ) as label_weight,
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

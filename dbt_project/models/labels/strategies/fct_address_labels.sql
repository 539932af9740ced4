{{ config(
    materialized='by_snapshot',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, strategy)'
) }}

{%- set strategies = ['sot_only', 'address_labels', 'custom_priority', 'weighted_vote', 'label_model'] %}

-- One row per address and strategy that labels it. An address without votes has no row.
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
        -- The label model's P(risky) is calibrated, so it is a soft target of full weight. The other strategies choose between
        -- votes, so their hard label is weighted by its confidence. Labels without gold votes count less
        -- (derived_label_weight).
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

-- One row per alert and label strategy that labels its address: train on one label_strategy at a time.
-- Selected with it, because training also needs to know which columns are answers. depends_on: {{ ref('fct_answer_columns') }}
with features as (

    -- One row per alert, labelled or not. No column comes from a label.
    select * from {{ ref('fct_alert_features') }}

),

labels as (

    -- One row per snapshot (network, processing_date, window_days), address and label strategy that labels it.
    select * from {{ ref('fct_address_labels') }}

),

final as (

    select
        features.network as network,
        features.processing_date as processing_date,
        features.window_days as window_days,
        features.alert_id as alert_id,
        features.address as address,
        labels.strategy as label_strategy,
        -- 1 risky, 0 benign
        labels.label as label,
        -- Confidence in the label, 0 to 1.
        labels.label_confidence as label_confidence,
        -- What a trainer fits: the label, or for the strategy label_model its P(risky).
        labels.label_target as label_target,
        -- Sample weight: label_confidence, or 1 for label_model, times the var derived_label_weight where no vote is
        -- gold (a label of the source of truth or of the user). Do not weight by label_confidence as well.
        labels.label_weight as label_weight,
        -- Publisher, Python strategy or rule whose vote decided; for label_model, the strongest vote that agrees with the label.
        labels.label_source as label_source,
        -- Every feature: all other columns of fct_alert_features, as in scoring_alerts.
        features.* except (network, processing_date, window_days, alert_id, address, address_key)
    from features
    -- address_key is one address in one network, processing_date and window_days, so the join stays within a snapshot. An inner
    -- join: an alert whose address a strategy does not label has no row for it. Unlabelled is not benign.
    inner join labels on labels.address_key = features.address_key

)

select * from final

with features as (

    -- One row per alert, labelled or not. No column comes from a label.
    select * from {{ ref('fct_alert_features') }}

),

labels as (

    -- The label of each alert's address: one row per address and label strategy that labels it.
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
        labels.label as label,
        labels.label_confidence as label_confidence,
        -- What a trainer fits: the label, or the label model's probability of it.
        labels.label_target as label_target,
        -- Sample weight: labels that are less certain count less in training.
        labels.label_weight as label_weight,
        labels.label_source as label_source,
        -- Every feature: all other columns of fct_alert_features, as in scoring_alerts.
        features.* except (network, processing_date, window_days, alert_id, address, address_key)
    from features
    -- An inner join: an alert whose address a strategy does not label has no row under it; it does not count as benign.
    inner join labels on labels.address_key = features.address_key

)

select * from final

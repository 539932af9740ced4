-- One row per alert to score, labelled or not: the features of training_alerts and no column from a label.
with features as (

    select * from {{ ref('fct_alert_features') }}

),

final as (

    select
        features.network as network,
        features.processing_date as processing_date,
        features.window_days as window_days,
        features.alert_id as alert_id,
        features.address as address,
        -- Every feature: all other columns of fct_alert_features, as in training_alerts.
        features.* except (network, processing_date, window_days, alert_id, address, address_key)
    from features

)

select * from final

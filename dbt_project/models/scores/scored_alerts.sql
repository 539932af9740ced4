with scores as (

    select * from {{ latest_rows(source('scores', 'alert_scores')) }}

),

models as (

    select distinct model_id from {{ latest_rows(source('scores', 'trained_models')) }}

),

changes as (

    {{ snapshot_changes() }}

),

alerts as (

    select network, processing_date, window_days, alert_id, address, typology_type, severity, volume_usd
    from {{ ref('stg_alerts') }}

),

labels as (

    select network, processing_date, window_days, address, label, label_source
    from {{ ref('fct_address_labels') }}
    where strategy = 'address_labels'

),

final as (

    select
        scores.network as network,
        scores.processing_date as processing_date,
        scores.window_days as window_days,
        scores.model_id as model_id,
        scores.alert_id as alert_id,
        alerts.address as address,
        alerts.typology_type as typology_type,
        alerts.severity as severity,
        alerts.volume_usd as volume_usd,
        labels.label as label,
        labels.label_source as label_source,
        scores.score as score,
        {{ score_places('alert_id') }},
        scores.created_at as scored_at,
        {{ stale_reason('alerts.alert_id') }} as stale_reason,
        stale_reason != '' as is_stale
    from scores
    left join alerts
        on alerts.network = scores.network
        and alerts.processing_date = scores.processing_date
        and alerts.window_days = scores.window_days
        and alerts.alert_id = scores.alert_id
    left join labels
        on labels.network = scores.network
        and labels.processing_date = scores.processing_date
        and labels.window_days = scores.window_days
        and labels.address = alerts.address
    left join models on models.model_id = scores.model_id
    left join changes
        on changes.network = scores.network
        and changes.processing_date = scores.processing_date
        and changes.window_days = scores.window_days

)

select * from final

with scores as (

    select * from {{ latest_rows(source('scores', 'alert_scores')) }}

),

alerts as (

    select * from {{ ref('stg_alerts') }}

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
        scores.score as score,
        row_number() over (
            partition by scores.network, scores.processing_date, scores.window_days, scores.model_id
            order by scores.score desc, scores.alert_id asc
        ) as score_rank,
        scores.created_at as scored_at
    from scores
    left join alerts
        on alerts.network = scores.network
        and alerts.processing_date = scores.processing_date
        and alerts.window_days = scores.window_days
        and alerts.alert_id = scores.alert_id

)

select * from final

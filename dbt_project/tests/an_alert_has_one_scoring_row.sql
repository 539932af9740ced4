-- Every staged alert has exactly one row in scoring_alerts: joins neither lose nor duplicate any.
with scoring as (

    select network, processing_date, window_days, alert_id, count() as row_count
    from {{ ref('scoring_alerts') }}
    group by network, processing_date, window_days, alert_id

)

select
    alerts.network as network,
    alerts.processing_date as processing_date,
    alerts.window_days as window_days,
    alerts.alert_id as alert_id,
    scoring.row_count as row_count
from {{ ref('stg_alerts') }} as alerts
left join scoring
    on scoring.network = alerts.network
    and scoring.processing_date = alerts.processing_date
    and scoring.window_days = alerts.window_days
    and scoring.alert_id = alerts.alert_id
where ifNull(scoring.row_count, 0) != 1

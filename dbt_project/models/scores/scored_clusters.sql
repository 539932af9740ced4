with scores as (

    select * from {{ latest_rows(source('scores', 'cluster_scores')) }}

),

models as (

    select distinct model_id from {{ latest_rows(source('scores', 'trained_models')) }}

),

changes as (

    {{ snapshot_changes() }}

),

clusters as (

    select network, processing_date, window_days, cluster_id, primary_address, cluster_type, severity_max, total_volume_usd
    from {{ ref('stg_clusters') }}

),

labels as (

    select network, processing_date, window_days, cluster_id, label
    from {{ ref('fct_cluster_labels') }}
    where strategy = 'address_labels'

),

final as (

    select
        scores.network as network,
        scores.processing_date as processing_date,
        scores.window_days as window_days,
        scores.model_id as model_id,
        scores.cluster_id as cluster_id,
        clusters.primary_address as address,
        clusters.cluster_type as typology_type,
        clusters.severity_max as severity,
        clusters.total_volume_usd as volume_usd,
        labels.label as label,
        scores.score as score,
        {{ score_places('cluster_id') }},
        scores.created_at as scored_at,
        {{ stale_reason('clusters.cluster_id') }} as stale_reason,
        stale_reason != '' as is_stale
    from scores
    left join clusters
        on clusters.network = scores.network
        and clusters.processing_date = scores.processing_date
        and clusters.window_days = scores.window_days
        and clusters.cluster_id = scores.cluster_id
    left join labels
        on labels.network = scores.network
        and labels.processing_date = scores.processing_date
        and labels.window_days = scores.window_days
        and labels.cluster_id = scores.cluster_id
    left join models on models.model_id = scores.model_id
    left join changes
        on changes.network = scores.network
        and changes.processing_date = scores.processing_date
        and changes.window_days = scores.window_days

)

select * from final

-- One row per cluster to score, labelled or not: the features of training_clusters and no column from a label.
with features as (

    select * from {{ ref('fct_cluster_features') }}

),

final as (

    select
        features.network as network,
        features.processing_date as processing_date,
        features.window_days as window_days,
        features.cluster_id as cluster_id,
        features.member_addresses as member_addresses,
        -- Every feature: all other columns of fct_cluster_features, as in training_clusters.
        features.* except (network, processing_date, window_days, cluster_id, member_addresses, cluster_key)
    from features

)

select * from final

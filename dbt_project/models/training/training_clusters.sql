-- One row per cluster and label strategy that labels it: train on one label_strategy at a time.
-- Selected with it, because training also needs to know which columns are answers. depends_on: {{ ref('fct_answer_columns') }}
with features as (

    -- One row per cluster, labelled or not. No column comes from a label.
    select * from {{ ref('fct_cluster_features') }}

),

labels as (

    -- One row per cluster and label strategy that labels it, from the labels of the cluster's addresses.
    select * from {{ ref('fct_cluster_labels') }}

),

final as (

    select
        features.network as network,
        features.processing_date as processing_date,
        features.window_days as window_days,
        features.cluster_id as cluster_id,
        features.member_addresses as member_addresses,
        labels.strategy as label_strategy,
        -- 1 risky, 0 benign
        labels.label as label,
        labels.label_confidence as label_confidence,
        -- What a trainer fits: the label.
        labels.label_target as label_target,
        -- Sample weight: label_confidence. Do not weight by that as well.
        labels.label_weight as label_weight,
        -- Publisher, Python strategy or rule whose vote decided the label of the member that decides.
        labels.label_source as label_source,
        -- Every feature: all other columns of fct_cluster_features, as in scoring_clusters.
        features.* except (network, processing_date, window_days, cluster_id, member_addresses, cluster_key)
    from features
    -- cluster_key is one cluster in one network, processing_date and window_days, so the join stays within a snapshot. An inner
    -- join: a cluster that a strategy does not label has no row for it. Unlabelled is not benign.
    inner join labels on labels.cluster_key = features.cluster_key

)

select * from final

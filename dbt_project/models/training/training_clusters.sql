{{ training_rows(
    relation=ref('fct_cluster_features'),
    ids=['cluster_id', 'member_addresses'],
    features=all_cluster_feature_columns(),
    sets=['cluster_tags'],
    labels=ref('fct_cluster_labels'),
    key='cluster_key'
) }}

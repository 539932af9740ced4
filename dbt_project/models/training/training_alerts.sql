{{ training_rows(
    relation=ref('fct_alert_features'),
    ids=['alert_id', 'address'],
    features=alert_feature_columns() + all_address_feature_columns(),
    sets=['alert_tags'],
    labels=ref('fct_address_labels')
) }}

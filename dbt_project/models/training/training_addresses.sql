{{ training_rows(
    relation=ref('fct_address_features'),
    ids=['address'],
    features=all_address_feature_columns(),
    sets=[],
    labels=ref('fct_address_labels')
) }}

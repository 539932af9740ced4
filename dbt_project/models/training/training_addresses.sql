-- depends_on: {{ ref('fct_address_labels') }}
{{ training_rows(
    relation=ref('fct_address_features'), ids=['address'], features=all_address_feature_columns(), sets=[]
) }}

{# Every row that can be scored: the ids and the features of a grain, nothing of labels. #}
{% macro scoring_rows(relation, ids, features, sets) -%}
select
    features.network as network,
    features.processing_date as processing_date,
    features.window_days as window_days,
    {%- for column in ids + features + sets + ['extra_features'] %}
    features.{{ column }} as {{ column }},
    {%- endfor %}
    {{ with_own_columns('features', own_columns(relation, features)) }} as custom_features
from {{ relation }} as features
{%- endmacro %}


{# The rows that can be trained on: those of scoring_rows that have a label, once per label strategy.

   An inner join: what has no label is absent, and never 0. #}
{% macro training_rows(relation, ids, features, sets, labels, key='address_key') -%}
select
    features.network as network,
    features.processing_date as processing_date,
    features.window_days as window_days,
    {%- for column in ids %}
    features.{{ column }} as {{ column }},
    {%- endfor %}
    labels.strategy as label_strategy,
    labels.label as label,
    labels.label_confidence as label_confidence,
    labels.label_target as label_target,
    labels.label_weight as label_weight,
    labels.label_source as label_source,
    {%- for column in features + sets + ['extra_features'] %}
    features.{{ column }} as {{ column }},
    {%- endfor %}
    {{ with_own_columns('features', own_columns(relation, features)) }} as custom_features
from {{ relation }} as features
inner join {{ labels }} as labels on labels.{{ key }} = features.{{ key }}
{%- endmacro %}

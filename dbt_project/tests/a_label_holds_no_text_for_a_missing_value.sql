-- Warns of labels that hold the text of a missing value, such as "NULL" or "nan": whoever wrote the list lost a value.
{{ config(severity='warn') }}
{%- set columns = ['address', 'publisher_label', 'risk_level', 'label_source'] %}

with labels as (

    {% for model in ['stg_address_labels', 'stg_custom_address_labels', 'stg_standing_labels'] -%}
    select '{{ model }}' as model, network, {{ columns | join(', ') }} from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}

)

select *
from labels
where
    hasAny(
        [{% for column in columns %}lower(toString({{ column }})){{ ', ' if not loop.last }}{% endfor %}],
        ['null', 'none', 'nan', 'na', 'n/a', 'nil', 'undefined', '-']
    )

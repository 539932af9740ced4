{# A query without rows that has the columns that the model's contract declares. #}
{% macro without_rows() -%}
    select
    {%- for column in model.columns.values() %}
        cast(0, '{{ column.data_type }}') as {{ adapter.quote(column.name) }}{{ "," if not loop.last }}
    {%- endfor %}
    where false
{%- endmacro %}

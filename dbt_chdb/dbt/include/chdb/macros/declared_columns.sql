{# The names of the columns that the model's YAML declares, in its order. #}
{% macro declared_columns() -%}
    {%- for column in model["columns"].values() -%}
        {{ adapter.quote(column["name"]) }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

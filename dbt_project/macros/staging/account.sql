{# The account of a canonical address. #}
{% macro account(column) -%}
    {{ column }}
{%- endmacro %}

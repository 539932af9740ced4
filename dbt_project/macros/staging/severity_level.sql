{# 1 low to 4 critical, NULL for anything else. #}
{% macro severity_level(column) -%}
    transform(lower(trim({{ column }})), ['low', 'medium', 'high', 'critical'], [1, 2, 3, 4], null)
{%- endmacro %}

{# The largest value of a column over a group's rows that have it, NaN where none has. #}
{% macro largest_of(column) -%}
    if(countIf(isFinite({{ column }})) = 0, toFloat32(nan), maxIf({{ column }}, isFinite({{ column }})))
{%- endmacro %}

{# The largest finite value of a column over the rows of a group; NaN where there is none. #}
{% macro largest_of(column) -%}
    if(countIf(isFinite({{ column }})) = 0, toFloat32(nan), maxIf({{ column }}, isFinite({{ column }})))
{%- endmacro %}

{# A feature is Float32 and missing is NaN: as compact as can be, and never 0. #}
{% macro as_feature(expression) -%}
    ifNull(toFloat32({{ expression }}), toFloat32(nan))
{%- endmacro %}

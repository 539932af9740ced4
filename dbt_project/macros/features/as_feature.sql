{# A feature is Float32 and a missing value NaN: compact, and never mistaken for 0. #}
{% macro as_feature(expression) -%}
    ifNull(toFloat32({{ expression }}), toFloat32(nan))
{%- endmacro %}

{# A quotient, missing where the denominator is 0 or missing. #}
{% macro ratio(numerator, denominator) -%}
    toFloat32(if({{ denominator }} != 0, {{ numerator }} / {{ denominator }}, nan))
{%- endmacro %}

{# A feature is Float32 and missing is NaN: as compact as can be, and never 0. #}
{% macro as_feature(expression) -%}
    ifNull(toFloat32({{ expression }}), toFloat32(nan))
{%- endmacro %}


{# The quotient, missing where the denominator is 0 or missing. #}
{% macro ratio(numerator, denominator) -%}
    toFloat32(if({{ denominator }} != 0, {{ numerator }} / {{ denominator }}, nan))
{%- endmacro %}


{# The largest whole number that Float64 holds exactly. #}
{% macro largest_exact_integer() -%}
    toFloat64(9007199254740992)
{%- endmacro %}


{# 1 low to 4 critical, missing for anything else. #}
{% macro severity_level(column) -%}
    transform(lower(trim({{ column }})), ['low', 'medium', 'high', 'critical'], [1, 2, 3, 4], null)
{%- endmacro %}


{# USD as whole cents: whole numbers add up to the same sum in any order, which floating point does not. Missing is NULL. #}
{% macro whole_cents(usd) -%}
    {#- Not least(), which passes over NULL. -#}
    toUInt64(if({{ usd }} * 100 > {{ largest_exact_integer() }}, {{ largest_exact_integer() }}, round({{ usd }} * 100)))
{%- endmacro %}

{# USD as whole cents: whole numbers add up to the same sum in any order, which floating point does not. Missing is NULL. #}
{% macro whole_cents(usd) -%}
    {#- Not least(), which passes over NULL. -#}
    toUInt64(if({{ usd }} * 100 > {{ largest_exact_integer() }}, {{ largest_exact_integer() }}, round({{ usd }} * 100)))
{%- endmacro %}

{# USD as whole cents, NULL when missing. Integers add up to the same sum in any order of the rows, floating-point numbers do
   not. #}
{% macro whole_cents(usd) -%}
    {#- Not least(): it ignores NULL, and a missing amount must stay missing. -#}
    toUInt64(if({{ usd }} * 100 > {{ largest_exact_integer() }}, {{ largest_exact_integer() }}, round({{ usd }} * 100)))
{%- endmacro %}

{# The largest whole number that Float64 holds exactly. #}
{% macro largest_exact_integer() -%}
    toFloat64(9007199254740992)
{%- endmacro %}

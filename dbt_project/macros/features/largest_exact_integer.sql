{# Float64 holds every integer up to this one, 2^53, exactly. #}
{% macro largest_exact_integer() -%}
    toFloat64(9007199254740992)
{%- endmacro %}

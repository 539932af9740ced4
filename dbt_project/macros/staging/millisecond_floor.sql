{# Exports write times in seconds or in milliseconds since 1970: a number above this one is in milliseconds. #}
{% macro millisecond_floor() -%}
    {{ return(100000000000) }}
{%- endmacro %}

{# Exports write times in seconds or milliseconds since 1970: what is above this is the latter. #}
{% macro millisecond_floor() -%}
    {{ return(100000000000) }}
{%- endmacro %}

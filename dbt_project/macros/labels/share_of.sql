{# `part` as a share of `whole`; NULL where `whole` is 0. #}
{% macro share_of(part, whole) -%}
    if({{ whole }} > 0, {{ part }} / {{ whole }}, null)
{%- endmacro %}

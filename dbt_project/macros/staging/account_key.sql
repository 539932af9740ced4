{# One number for an account of a network, however its address is spelled: what standing labels are joined on. #}
{% macro account_key(address) -%}
    cityHash64(toString(network), {{ account(address) }})
{%- endmacro %}

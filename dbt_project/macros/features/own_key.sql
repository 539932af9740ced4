{# One number for a row's key in models of one's own, whatever types their columns have; `id` is an address or an alert id. #}
{% macro own_key(id, relation="") -%}
    {%- set of = relation ~ "." if relation else "" -%}
    cityHash64(
        toString({{ of }}network), toDate({{ of }}processing_date), toUInt16({{ of }}window_days), toString({{ of }}{{ id }})
    )
{%- endmacro %}

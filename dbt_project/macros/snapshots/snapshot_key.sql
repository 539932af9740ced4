{# One number for the snapshot that a row belongs to, in which the partitions of tables by snapshot are numbered, too. #}
{% macro snapshot_key(relation="") -%}
    {%- set prefix = relation ~ "." if relation else "" -%}
    cityHash64({{ prefix }}network, {{ prefix }}processing_date, {{ prefix }}window_days)
{%- endmacro %}
